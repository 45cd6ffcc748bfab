import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPayment } from '../support/http/api.ts'
import { createPaid } from '../support/payments/paid.ts'
import { withServers } from '../support/servers/servers.ts'
import { launchBrowser } from './browser.ts'
import { signIn, type Visitor } from './dashboard.ts'

const fixture = withServers(1)
let browser: Browser
let visitor: Visitor

beforeAll(async () => {
  browser = await launchBrowser()
  visitor = await signIn(browser, server())
})

afterAll(async () => {
  await visitor?.close()
  await browser?.close()
})

function server() {
  const [first] = fixture.servers
  if (!first) throw new Error('the server was not started')
  return first
}

async function open(path: string) {
  await visitor.page.goto(`${server().url}/dashboard${path}`)
  return visitor.page
}

test('of a payment that was never told of, no reason is made up', async () => {
  const { id } = await createPayment(fixture.api)
  const page = await open(`/payments/${id}`)
  await page.getByText('No webhook was sent.').waitFor()
})

/** As long as it may be, with no place where a line could end. */
const unbroken = (length: number) => 'W'.repeat(length)
const email = `${unbroken(64)}@${unbroken(63)}.${unbroken(63)}.${unbroken(57)}.com`
const metadata = Object.fromEntries(
  Array.from({ length: 10 }, (_, index) => [`${index}${unbroken(39)}`, unbroken(500)]),
)

describe('the longest values', () => {
  test('make no page scroll sideways, on a phone', async () => {
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
    const places = [
      ['', 'Overview'],
      ['/payments', 'Payments'],
      [`/payments/${canceled.id}`, 'Details'],
      [`/payments/${paid.id}`, 'Refunds'],
      ['/webhooks', url],
      ['/events', 'Events'],
      ['/keys', unbroken(100)],
    ] as const
    for (const [path, name] of places) {
      await open(path)
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

  test.each([360, 1280])('leave metadata readable at a width of %d', async (width) => {
    const { id } = await createPayment(fixture.api, { metadata })
    await visitor.page.setViewportSize({ width, height: 800 })
    const page = await open(`/payments/${id}`)
    const values = page.locator('.metadata dd')
    await values.first().waitFor()
    const card = await page.locator('.metadata').boundingBox()
    for (const value of await values.all()) {
      const box = await value.boundingBox()
      expect(box?.width).toBeGreaterThan((card?.width ?? 0) / 2)
    }
  })
})

test.each([
  ['', 'Enter an amount.'],
  ['abc', 'That is not an amount: enter it like 99.99.'],
  ['1,000.00', 'Enter at most $99.99: that is what is left.'],
  ['1,0,0', 'That is not an amount: enter it like 99.99.'],
  ['0', 'Enter at least $0.01.'],
  ['-1', 'Enter at least $0.01.'],
  ['1.005', 'USD has at most 2 decimals.'],
  ['100', 'Enter at most $99.99: that is what is left.'],
])('a refund of "%s" is refused with what is wrong with it', async (text, problem) => {
  const { id } = await createPaid(fixture.api)
  const page = await open(`/payments/${id}`)
  await page.getByRole('button', { name: 'Refund' }).click()
  const amount = page.getByLabel('Amount in USD')
  await amount.fill(text)
  await page.getByText(problem, { exact: true }).waitFor()
  await amount.fill('1,5')
  await page.getByRole('button', { name: 'Refund $1.50' }).waitFor()
})

test('an amount names its currency once', async () => {
  const { id } = await createPayment(fixture.api, { amount: 123_456, currency: 'KWD' })
  const page = await open(`/payments/${id}`)
  const head = page.getByRole('heading', { level: 1, name: '123.456' })
  await head.waitFor()
  await expect.poll(() => head.textContent()).toMatch(/^KWD\s123\.456$/)
})
