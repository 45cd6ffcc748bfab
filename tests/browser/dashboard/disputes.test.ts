import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDisputed } from '../../api/disputes/disputed.ts'
import { expectAccessible } from '../accessible.ts'
import { withBrowser } from '../with-browser.ts'
import { signIn, type Visitor } from './dashboard.ts'

const fixture = withBrowser()
let visitor: Visitor

beforeAll(async () => {
  visitor = await signIn(fixture.browser, fixture.server)
})

afterAll(() => visitor?.close())

test('a dispute is listed with its deadline and a link to the processor, also on its payment', async () => {
  const dispute = await createDisputed(fixture.api)
  const url = 'https://dashboard.stripe.com/test/disputes/dp_1'
  // The sandbox has no such page.
  await visitor.context.route(/\/v1\/disputes\?/, async (route) => {
    const response = await route.fetch()
    const list = await response.json()
    const data = list.data.map((one: object) => ({ ...one, processor_url: url }))
    await route.fulfill({ response, json: { ...list, data } })
  })
  const page = await visitor.open('/disputes')
  const list = page.getByRole('region', { name: 'Evidence needed' })
  const line = list.getByRole('listitem').filter({ hasText: '$99.99' })
  await line.getByText('Evidence due by').waitFor()
  expect(await line.locator('time').getAttribute('datetime')).toBe(dispute.evidence_due_by)
  expect(await line.getByRole('link', { name: /^Submit evidence/ }).getAttribute('href')).toBe(url)
  await expectAccessible(page, 'the disputes', { withContrast: true })

  await line.getByRole('link', { name: '$99.99' }).click()
  const card = page.getByRole('region', { name: 'Dispute' })
  await card.getByText('Needs response').waitFor()
  expect(await card.getByRole('link', { name: /^Submit/ }).getAttribute('href')).toBe(url)
  await page.getByText('Disputed', { exact: true }).first().waitFor()
  await page.getByText('Dispute created').waitFor()
  expect(await page.getByRole('button', { name: 'Refund' }).count()).toBe(0)

  await visitor.open('/payments')
  const row = page.getByRole('row').filter({ hasText: 'Disputed' })
  await row.getByText('Succeeded').waitFor()
  expect(await row.count()).toBe(1)
  visitor.expectClean()
})
