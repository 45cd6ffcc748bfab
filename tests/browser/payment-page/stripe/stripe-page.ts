import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import {
  type StripeFixture,
  withMerchantAtStripe,
} from '../../../processors/stripe/stand-in/server-with-stripe.ts'
import { createPayment } from '../../../support/http/api.ts'
import { launchBrowser } from '../../browser.ts'
import { buildPaymentPage, openLink, type WatchedPage } from '../payment-page.ts'
import { bankFrame, bankPage, fieldsFrame } from './stand-in-frames.ts'
import { standInScript } from './stand-in-script.ts'

export const publishableKey = 'pk_test_of_this_merchant'
const secretKey = 'sk_test_of_this_merchant'
const sites = ['js', 'api', 'hooks'].map((name) => `https://${name}.stripe.com`)

/** The tokens of Stripe's test cards, by their numbers. */
const tokens: Readonly<Record<string, string>> = {
  '4242424242424242': 'tok_visa',
  '4000000000000002': 'tok_chargeDeclined',
  '4000000000003220': 'tok_threeDSecureRequired',
}

/** The tokens of the accounts of Stripe's test bank. */
const bankTokens: Readonly<Record<string, string>> = {
  fca_success: 'pm_usBankAccount_success',
  fca_refused: 'pm_usBankAccount_refused',
}

/** How the script of Stripe is served. Default: at once. */
export type ServeScript = (route: Route, serve: (script?: string) => Promise<void>) => Promise<void>

const atOnce: ServeScript = (_, serve) => serve()

/** Customers of a merchant who takes payments with Stripe. */
export interface StripePages {
  readonly merchant: StripeFixture
  createSession(more?: Record<string, unknown>): Promise<ReturnType<typeof JSON.parse>>
  /** Opens a link. The page is closed after the test, which fails if the page had problems. */
  open(url: string, options?: { serveScript?: ServeScript }): Promise<Page>
  /** The problems of the opened pages so far, which the test expects. */
  takeProblems(): string[]
}

/** Starts a server, the stand-ins and a browser before the tests of a file. */
export function withStripePages(): StripePages {
  const merchant = withMerchantAtStripe()
  const opened: (WatchedPage & { problems: string[] })[] = []
  let browser: Browser

  beforeAll(async () => {
    buildPaymentPage()
    browser = await launchBrowser()
    const { merchant_id: id } = await createPayment(merchant.api)
    const body = { processor: 'stripe', secret_key: secretKey, publishable_key: publishableKey }
    expect((await merchant.api('POST', `/v1/merchants/${id}/processor`, { body })).status).toBe(200)
  })
  afterEach(async () => {
    const problems = opened.flatMap((each) => each.problems)
    await Promise.all(opened.splice(0).map((each) => each.close()))
    expect(problems).toEqual([])
  })
  afterAll(() => browser?.close())

  return {
    merchant,
    async createSession(more = {}) {
      const { status, body } = await merchant.api('POST', '/v1/checkout/sessions', {
        body: { amount: 2_500, currency: 'USD', customer_email: 'ada@example.com', ...more },
      })
      expect(status).toBe(201)
      return body
    },
    async open(url, { serveScript = atOnce } = {}) {
      const servers = [new URL(merchant.started.server.url).origin, ...sites]
      const watched = await openLink(browser, 'about:blank', { servers })
      opened.push(watched as WatchedPage & { problems: string[] })
      await serveStripe(watched.page, merchant, serveScript)
      await watched.page.goto(url)
      return watched.page
    },
    takeProblems: () => opened.flatMap(({ problems }) => problems.splice(0)),
  }
}

/** Answers the requests of a page to Stripe: its script, its fields, its API and the page of the bank. */
async function serveStripe(page: Page, merchant: StripeFixture, serveScript: ServeScript) {
  const html = (body: string) => ({ contentType: 'text/html', body })
  await page.route('https://js.stripe.com/**', async (route) => {
    const { pathname } = new URL(route.request().url())
    if (pathname === '/stand-in/fields.html') return await route.fulfill(html(fieldsFrame))
    if (pathname === '/stand-in/bank.html') return await route.fulfill(html(bankFrame))
    const serve = (body = standInScript) => route.fulfill({ contentType: 'text/javascript', body })
    await serveScript(route, serve)
  })
  await page.route('https://api.stripe.com/**', (route) => createMethod(route, merchant))
  await page.route('https://hooks.stripe.com/**', async (route) => {
    const { pathname, searchParams } = new URL(route.request().url())
    const answer = searchParams.get('answer')
    if (answer === null) return await route.fulfill(html(bankPage))
    const reference = pathname.split('/').at(-1) ?? ''
    const url = await answerOfBank(merchant, reference, answer === 'pass')
    await route.fulfill(html(`<script>location.replace(${JSON.stringify(url)})</script>`))
  })
}

async function createMethod(route: Route, { stripe }: StripeFixture): Promise<void> {
  const given = new URLSearchParams(route.request().postData() ?? '')
  if (given.get('type') === 'us_bank_account') return await createBankMethod(route, given)
  const token = tokens[given.get('card[number]') ?? '']
  const headers = { 'access-control-allow-origin': 'https://js.stripe.com' }
  if (token === undefined || given.get('key') !== publishableKey) {
    const error = { type: 'card_error', message: 'Your card number is invalid.' }
    return await route.fulfill({ status: 200, headers, json: { error } })
  }
  const made = await fetch(`${stripe.url}/v1/payment_methods`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}` },
    body: new URLSearchParams({ type: 'card', 'card[token]': token }),
  })
  const json = { ...((await made.json()) as object), type: 'card' }
  await route.fulfill({ status: made.status, headers, json })
}

async function createBankMethod(route: Route, given: URLSearchParams): Promise<void> {
  const headers = { 'access-control-allow-origin': 'https://js.stripe.com' }
  const account = given.get('us_bank_account[financial_connections_account]') ?? ''
  const id = bankTokens[account]
  if (id === undefined) {
    const code = 'financial_connections_account_pending_account_numbers'
    const error = { type: 'invalid_request_error', code, message: 'The numbers are not known yet.' }
    return await route.fulfill({ headers, json: { error } })
  }
  await route.fulfill({ headers, json: { id, object: 'payment_method', type: 'us_bank_account' } })
}

/** The customer answers the bank. Returns the address to which Stripe sends the customer then. */
async function answerOfBank({ stripe }: StripeFixture, reference: string, passes: boolean) {
  const found = await fetch(`${stripe.url}/v1/payment_intents/${reference}`, {
    headers: { authorization: `Bearer ${secretKey}` },
  })
  const intent = (await found.json()) as {
    metadata: { hedge_payment_id: string }
    next_action: { redirect_to_url: { return_url: string } }
  }
  stripe.finishAction(intent.metadata.hedge_payment_id, passes)
  const url = new URL(intent.next_action.redirect_to_url.return_url)
  url.searchParams.set('payment_intent', reference)
  url.searchParams.set('payment_intent_client_secret', `${reference}_secret_1`)
  url.searchParams.set('redirect_status', passes ? 'succeeded' : 'failed')
  return url.href
}

/** Types a card into the fields of Stripe. */
async function typeCard(page: Page, number: string): Promise<void> {
  const fields = page.frameLocator('iframe')
  await fields.getByLabel('Card number').fill(number)
  await fields.getByLabel('Expiration date').fill('12 / 40')
  await fields.getByLabel('Security code').fill('123')
}

/** Types a card and pays. */
export async function payWith(page: Page, number: string): Promise<void> {
  await typeCard(page, number)
  await page.getByRole('button', { name: /^Pay \$/ }).click()
}

/** Chooses the bank debit in the fields of Stripe, and an account at the bank. */
export async function chooseAccount(
  page: Page,
  account: string,
  { email, isOnly = false }: { email?: string; isOnly?: boolean } = {},
): Promise<void> {
  const fields = page.frameLocator('iframe[title="Secure payment input frame"]')
  if (!isOnly) await fields.getByLabel('US bank account').check()
  await fields.getByLabel('Full name').fill('Grace Hopper')
  if (email) await fields.getByLabel('Email').fill(email)
  await fields.getByRole('button', { name: 'Choose a bank' }).click()
  await page.frameLocator('iframe[title="Bank"]').getByRole('button', { name: account }).click()
  await fields.getByText('Account chosen').waitFor()
}

/** Waits for the end of a successful payment. */
export const untilPaid = (page: Page) =>
  page.getByRole('heading', { name: /Thank you|Paid/ }).waitFor()
