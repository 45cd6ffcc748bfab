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
  // Only a real processor has such a page.
  await fixture.sql.query('update disputes set processor_url = $1 where id = $2', [url, dispute.id])
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
  visitor.expectClean()
})
