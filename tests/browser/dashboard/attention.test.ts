import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOverdueRefund } from '../../support/payments/overdue.ts'
import { expectAccessible } from '../accessible.ts'
import { withBrowser } from '../with-browser.ts'
import { signIn, type Visitor } from './dashboard.ts'

const fixture = withBrowser()
let visitor: Visitor

beforeAll(async () => {
  visitor = await signIn(fixture.browser, fixture.server)
})

afterAll(() => visitor?.close())

test('a payment that needs attention is counted, explained, and resolved with a reason', async () => {
  const id = await createOverdueRefund(fixture)
  const page = await visitor.open('/')
  const link = page.getByRole('link', { name: 'Needs attention 1' })
  await link.click()
  const list = page.getByRole('region', { name: 'Payments that need attention' })
  await list.getByRole('listitem').waitFor()
  await expectAccessible(page, 'the payments that need attention', { withContrast: true })

  await list.getByRole('link').click()
  const card = page.getByRole('region', { name: 'Needs attention' })
  await card.getByText('Refund overdue').waitFor()
  await card.getByRole('button', { name: 'Resolve' }).click()
  const dialog = page.getByRole('dialog', { name: 'Resolve' })
  await dialog.getByText('The refund was made').click()
  const confirm = dialog.getByRole('button', { name: 'Book as paid' })
  expect(await confirm.isDisabled()).toBe(true)
  await dialog.getByLabel('How you know').fill('the bank has shown it')
  await expectAccessible(page, 'the dialog that resolves', { withContrast: true })
  await confirm.click()
  await dialog.waitFor({ state: 'hidden' })
  await card.waitFor({ state: 'hidden' })
  await link.waitFor({ state: 'hidden' })
  const { body } = await fixture.api('GET', `/v1/payments/${id}/events`)
  expect(body.data[0]).toMatchObject({
    type: 'payment.refund_succeeded',
    reason: 'the bank has shown it',
  })
  visitor.expectClean()
})
