import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { createPayment } from '../../../support/http/api.ts'
import { expectAccessible } from '../../accessible.ts'
import { chooseAccount, type ServeScript, withStripePages } from './stripe-page.ts'

const pages = withStripePages()
const { merchant, createSession, open } = pages

const bank = { payment_method_types: ['card', 'ach'] }
const fieldsOf = (page: Page) => page.frameLocator('iframe[title="Secure payment input frame"]')
const pay = (page: Page) => page.getByRole('button', { name: /^Pay \$/ }).click()

/** The orders that a page sends to the server. */
function ordersOf(page: Page): Record<string, unknown>[] {
  const orders: Record<string, unknown>[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/pay')) orders.push(request.postDataJSON())
  })
  return orders
}

/** The requests of a page to Stripe. */
function requestsToStripe(page: Page) {
  const requests: { url: string; referer: string | undefined; body: string }[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith('https://')) return
    const { referer } = request.headers()
    requests.push({ url: request.url(), referer, body: request.postData() ?? '' })
  })
  return requests
}

/** What the page has said to Stripe's script. */
const givenToStripe = (page: Page) =>
  page.evaluate(() => (window as unknown as { givenToStripe: unknown }).givenToStripe)

describe('a bank debit with the fields of Stripe', () => {
  test('is chosen: the page shows the mandate, and sends the token of the account', async () => {
    const session = await createSession(bank)
    const page = await open(session.url)
    const orders = ordersOf(page)
    const toStripe = requestsToStripe(page)
    await fieldsOf(page).getByLabel('Card number').waitFor()
    await page.getByText('Your card details go to').waitFor()
    await chooseAccount(page, 'Good account', { email: 'grace@example.com' })
    await page
      .getByText(/^By paying you authorize .* to debit \$25\.00 from this account/)
      .waitFor()
    await page.getByText('Your bank details go to').waitFor()
    await expectAccessible(page, 'with a bank account', { foreignFrames: 1, withContrast: false })
    await pay(page)
    await expect.poll(() => orders).toEqual([{ method: 'ach', token: 'pm_usBankAccount_success' }])
    const made = Object.fromEntries(new URLSearchParams(toStripe.at(-1)?.body))
    expect(made).toMatchObject({
      type: 'us_bank_account',
      'billing_details[name]': 'Grace Hopper',
      'billing_details[email]': 'grace@example.com',
    })
    // Banks demand to know the site, and nobody may know the link.
    const { origin } = new URL(session.url)
    const framed = toStripe.find(({ url }) => url.endsWith('/bank.html'))
    expect(framed?.referer).toBe(`${origin}/`)
  })

  test('of a session without an e-mail address asks for it once', async () => {
    const only = { payment_method_types: ['ach'], customer_email: null }
    const page = await open((await createSession(only)).url)
    const orders = ordersOf(page)
    const toStripe = requestsToStripe(page)
    await chooseAccount(page, 'Good account', { isOnly: true })
    expect(await fieldsOf(page).getByLabel('Email').isVisible()).toBe(false)
    await page.getByLabel('E-mail').fill('grace@example.com')
    await pay(page)
    const order = {
      method: 'ach',
      token: 'pm_usBankAccount_success',
      email: 'grace@example.com',
    }
    await expect.poll(() => orders).toEqual([order])
    const made = Object.fromEntries(new URLSearchParams(toStripe.at(-1)?.body))
    expect(made).toMatchObject({ 'billing_details[email]': 'grace@example.com' })
  })

  test('waits for an account, which can be changed if the bank does not give its numbers', async () => {
    const payment = await createPayment(merchant.api, { payment_method: 'ach' })
    const page = await open(payment.url)
    const orders = ordersOf(page)
    await page.getByText('By paying you authorize').waitFor()
    await pay(page)
    await fieldsOf(page).getByText('Your bank account is incomplete.').waitFor()
    const given = { email: 'grace@example.com', isOnly: true }
    await chooseAccount(page, 'Account without numbers', given)
    await pay(page)
    await page.getByRole('alert').filter({ hasText: 'Your bank has not given' }).waitFor()
    expect(orders).toEqual([])
    await chooseAccount(page, 'Refused account', given)
    await pay(page)
    await page.getByRole('alert').filter({ hasText: 'Nothing was charged.' }).waitFor()
    expect(orders).toEqual([{ method: 'ach', token: 'pm_usBankAccount_refused' }])
    expect((await merchant.api('GET', `/v1/payments/${payment.id}`)).body.status).toBe('failed')
  })

  test.each([
    ['of a session for cards', {}],
    ['in another currency', { ...bank, currency: 'EUR' }],
  ])('is not offered on the page %s', async (_, more) => {
    const page = await open((await createSession(more)).url)
    await fieldsOf(page).getByLabel('Card number').waitFor()
    expect(await fieldsOf(page).getByLabel('US bank account').isVisible()).toBe(false)
    expect(await givenToStripe(page)).toMatchObject({
      captureMethod: 'manual',
      allowedPaymentMethodTypes: ['card'],
    })
  })

  test('is not possible while the script is blocked, and the page says so', async () => {
    const payment = await createPayment(merchant.api, { payment_method: 'ach' })
    const serveScript: ServeScript = (route) => route.abort('blockedbyclient')
    const page = await open(payment.url, { serveScript })
    await page.getByRole('alert').filter({ hasText: 'Nothing was charged.' }).waitFor()
    expect(await page.getByRole('button', { name: /^Pay / }).count()).toBe(0)
    expect(pages.takeProblems().join()).toContain('Failed to load resource')
  })
})
