import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { size } from '../../support/size.ts'
import { withBrowser } from '../with-browser.ts'
import { signIn, type Visitor } from './dashboard.ts'

const fixture = withBrowser()
let visitor: Visitor

beforeAll(async () => {
  visitor = await signIn(fixture.browser, fixture.server)
})

afterAll(async () => {
  await visitor?.close()
})

test('a payment without webhooks shows that none was sent, and no reason', async () => {
  const { id } = await createPayment(fixture.api)
  const page = await visitor.open(`/payments/${id}`)
  await page.getByText('No webhook was sent.').waitFor()
})

/** A value of the maximum length without a line break opportunity. */
const unbroken = (length: number) => 'W'.repeat(length)
const email = `${unbroken(64)}@${unbroken(63)}.${unbroken(63)}.${unbroken(57)}.com`
const metadata = Object.fromEntries(
  Array.from({ length: 10 }, (_, index) => [`${index}${unbroken(39)}`, unbroken(500)]),
)

describe('the longest values', () => {
  test('do not make a page scroll sideways on a phone', async () => {
    const { api } = fixture
    const url = `http://127.0.0.1:9/${unbroken(2_000)}`
    await api('POST', '/v1/webhooks/endpoints', {
      body: { url, events: ['*'], description: unbroken(500) },
    })
    await api('POST', '/v1/auth/api-keys', { body: { name: unbroken(100) } })
    const long = {
      customer_email: email,
      customer_id: unbroken(255),
      description: unbroken(1_000),
      statement_descriptor: unbroken(22),
      metadata,
    }
    const canceled = await createPayment(api, long)
    const reason = unbroken(500)
    await api('POST', `/v1/payments/${canceled.id}/cancel`, { body: { reason } })
    const paid = await createPaid(api, long)
    await api('POST', `/v1/payments/${paid.id}/refund`, { body: { amount: 1, reason } })
    const { page } = visitor
    await page.setViewportSize({ width: 360, height: 800 })
    const all = [
      ['', 'Overview'],
      ['/events', 'Events'],
      [`/payments/${canceled.id}`, 'Details'],
      ['/payments', 'Payments'],
      [`/payments/${paid.id}`, 'Refunds'],
      ['/webhooks', url],
      ['/keys', unbroken(100)],
    ] as const
    // `npm test` checks the pages with the most texts of merchants and customers.
    for (const [path, name] of size({ quick: all.slice(3, 6), all })) {
      await visitor.open(path)
      const shown = page.getByRole('heading', { name }).or(page.getByRole('list', { name }))
      await shown.first().waitFor()
      await page
        .getByText(/^Updated/)
        .first()
        .waitFor()
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(width, `${path} scrolls sideways`).toBe(360)
    }
  })

  test.each(size({ quick: [360], all: [360, 1280] }))(
    'leave metadata readable at a width of %d',
    async (width) => {
      const { id } = await createPayment(fixture.api, { metadata })
      await visitor.page.setViewportSize({ width, height: 800 })
      const page = await visitor.open(`/payments/${id}`)
      const values = page.locator('.metadata dd')
      await values.first().waitFor()
      const card = await page.locator('.metadata').boundingBox()
      for (const value of await values.all()) {
        const box = await value.boundingBox()
        expect(box?.width).toBeGreaterThan((card?.width ?? 0) / 2)
      }
    },
  )
})

const refusedAmounts = [
  ['', 'Enter an amount.'],
  ['abc', 'That is not an amount: enter it like 99.99.'],
  ['1,000.00', 'Enter at most $99.99: that is what is left.'],
  ['1,0,0', 'That is not an amount: enter it like 99.99.'],
  ['0', 'Enter at least $0.01.'],
  ['-1', 'Enter at least $0.01.'],
  ['1.005', 'USD has at most 2 decimals.'],
  ['100', 'Enter at most $99.99: that is what is left.'],
]

test('a refund of an invalid amount is refused with the reason, and a corrected one is accepted', async () => {
  const { id } = await createPaid(fixture.api)
  const page = await visitor.open(`/payments/${id}`)
  await page.getByRole('button', { name: 'Refund' }).click()
  const amount = page.getByLabel('Amount in USD')
  for (const [text = '', problem = ''] of refusedAmounts) {
    await amount.fill(text)
    await page.getByText(problem, { exact: true }).waitFor()
    await amount.fill('1,5')
    await page.getByRole('button', { name: 'Refund $1.50' }).waitFor()
  }
})

test('an amount shows its currency once', async () => {
  const { id } = await createPayment(fixture.api, { amount: 123_450, currency: 'KWD' })
  const page = await visitor.open(`/payments/${id}`)
  const head = page.getByRole('heading', { level: 1, name: '123.450' })
  await head.waitFor()
  await expect.poll(() => head.textContent()).toMatch(/^KWD\s123\.450$/)
})
