import { afterAll, beforeAll, expect, test } from 'vitest'
import { pageClient } from '../../api/checkout/page.ts'
import { createPayment } from '../../support/http/api.ts'
import { withBrowser } from '../with-browser.ts'
import { signIn, type Visitor } from './dashboard.ts'

const fixture = withBrowser()
let visitor: Visitor

beforeAll(async () => {
  visitor = await signIn(fixture.browser, fixture.server)
})

afterAll(() => visitor?.close())

test('the tries on one payment page are linked with each other, in both directions', async () => {
  const first = await createPayment(fixture.api, { metadata: { order: 'tries' } })
  const link = pageClient(fixture.server.url, first.url)
  await link.payWithCard('4000000000000002')
  await link.payWithCard('4242424242424242')
  const { data } = (await fixture.api('GET', '/v1/payments?metadata[order]=tries')).body
  const [retry] = data
  const page = await visitor.open(`/payments/${first.id}`)
  const card = page.getByRole('region', { name: 'Tries on this payment page' })
  const lines = card.getByRole('listitem')
  await expect.poll(() => lines.count()).toBe(2)
  expect(await lines.nth(0).textContent()).toMatch(/^This payment.*Failed.*Card declined/)
  await card.getByRole('link', { name: retry.id }).click()
  await card.getByRole('link', { name: first.id }).waitFor()
  expect(await lines.nth(1).textContent()).toContain('This payment')
  visitor.expectClean()
})

test('the tries of a payment are shown to a signed-in person of its merchant only', async () => {
  const { id } = await createPayment(fixture.api)
  const response = await fetch(`${fixture.server.url}/dashboard/api/payments/${id}/tries`)
  expect(response.status).toBe(401)
  const own = await visitor.context.request.get(
    `${fixture.server.url}/dashboard/api/payments/${id}/tries`,
  )
  expect((await own.json()).data).toMatchObject([{ id, status: 'pending' }])
  const unknown = await visitor.context.request.get(
    `${fixture.server.url}/dashboard/api/payments/pay_0/tries`,
  )
  expect((await unknown.json()).data).toEqual([])
})
