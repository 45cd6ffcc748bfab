import { beforeAll, describe, expect, test } from 'vitest'
import { card, pageClient } from '../../api/checkout/page.ts'
import { createPayment, paymentBody } from '../../support/http/api.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

const fixture = withMerchantAtStripe()
const secretKey = 'sk_test_of_this_merchant'
let merchant: string

beforeAll(async () => {
  merchant = (await createPayment(fixture.api)).merchant_id
})

async function setKeys(more: Record<string, unknown>) {
  const body = { processor: 'stripe', secret_key: secretKey, ...more }
  const { status } = await fixture.api('POST', `/v1/merchants/${merchant}/processor`, { body })
  expect(status).toBe(200)
}

const pageOf = (link: { url: string }) => pageClient(fixture.started.server.url, link.url)
const html = async (link: { url: string }) =>
  (await fetch(`${fixture.started.server.url}${new URL(link.url).pathname}`)).headers
const sandboxPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

describe('the hosted page of a merchant with Stripe', () => {
  test('takes no payment without a publishable key', async () => {
    const payment = await createPayment(fixture.api)
    const page = pageOf(payment)
    expect(await page.read()).toMatchObject({ stage: 'open', methods: [], stripe: null })
    expect((await page.ask('/pay', { method: 'card', token: 'pm_card_visa' })).status).toBe(404)
    expect((await html(payment)).get('content-security-policy')).toBe(sandboxPolicy)
  })

  test('allows the sources of Stripe on a page with its fields, and nothing else', async () => {
    await setKeys({ publishable_key: 'pk_test_of_this_merchant' })
    const stripeJs = 'https://js.stripe.com https://*.js.stripe.com'
    const { body: session } = await fixture.api('POST', '/v1/checkout/sessions', {
      body: { amount: 100, currency: 'USD' },
    })
    for (const link of [session, await createPayment(fixture.api)]) {
      const headers = await html(link)
      expect(headers.get('content-security-policy')).toBe(
        `default-src 'none'; script-src 'self' ${stripeJs}; style-src 'self'; img-src 'self'; ` +
          `connect-src 'self' https://api.stripe.com; frame-src ${stripeJs}; ` +
          "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
      )
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin-allow-popups')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
    }
    const unknown = await html({ url: 'http://x/pay/pay_0' })
    expect(unknown.get('content-security-policy')).toBe(sandboxPolicy)
  })

  test('offers bank debits where the payment allows them, in USD, and banks get to know the site only', async () => {
    const types = { payment_method_types: ['ach', 'card'] }
    const sessionIn = async (currency: string) =>
      (
        await fixture.api('POST', '/v1/checkout/sessions', {
          body: { amount: 100, currency, ...types },
        })
      ).body
    const [dollars, euros] = [await sessionIn('USD'), await sessionIn('EUR')]
    const debit = await createPayment(fixture.api, { payment_method: 'ach' })
    expect((await pageOf(dollars).read()).methods).toEqual(['card', 'ach'])
    expect((await pageOf(euros).read()).methods).toEqual(['card'])
    expect(await pageOf(debit).read()).toMatchObject({ methods: ['ach'], payment_method: 'ach' })
    const [plain, ...banks] = await Promise.all([euros, dollars, debit].map(html))
    expect(plain?.get('referrer-policy')).toBe('no-referrer')
    for (const headers of banks) {
      expect(headers.get('referrer-policy')).toBe('strict-origin')
      for (const name of ['content-security-policy', 'cross-origin-opener-policy']) {
        expect(headers.get(name)).toBe(plain?.get(name))
      }
    }
    const order = { method: 'ach', token: 'pm_usBankAccount_success' }
    expect((await pageOf(euros).ask('/pay', order)).status).toBe(400)
  })

  test('sends with a debit where the customer has accepted its mandate', async () => {
    const { id, url } = await createPayment(fixture.api, { payment_method: 'ach' })
    const order = { method: 'ach', token: 'pm_usBankAccount_success' }
    const paid = await pageOf({ url }).ask('/pay', order, { 'user-agent': 'A browser' })
    expect(paid.status).toBe(200)
    await until('the debit is sent', () => fixture.stripe.mandateOf(id))
    expect(fixture.stripe.mandateOf(id)).toEqual({
      customer_acceptance: {
        type: 'online',
        accepted_at: expect.stringMatching(/^[0-9]{10}$/),
        online: { ip_address: '127.0.0.1', user_agent: 'A browser' },
      },
    })
  })

  test('shows the amount in Stripe’s units, and takes no number', async () => {
    const kronur = await createPayment(fixture.api, { amount: 500, currency: 'ISK' })
    const page = pageOf(kronur)
    expect(await page.read()).toMatchObject({
      amount: 500,
      methods: ['card'],
      stripe: { publishable_key: 'pk_test_of_this_merchant', amount: 50_000, currency: 'isk' },
    })
    expect((await page.ask('/tokens', card('4242424242424242'))).status).toBe(404)
    const inOrder = { method: 'card', token: '4242424242424242' }
    expect((await page.ask('/pay', inOrder)).status).toBe(400)
    // Stripe cannot express an amount with a third decimal, so there is no such payment.
    const dinars = paymentBody({ amount: 1_234, currency: 'KWD' })
    expect((await fixture.api('POST', '/v1/payments', { body: dinars })).status).toBe(422)
  })

  test('looks a payment up when the customer returns from the bank', async () => {
    const payment = await createPayment(fixture.api, { cancel_window: 60 })
    const page = pageOf(payment)
    const order = { method: 'card', token: 'pm_card_threeDSecureRequired' }
    const { body } = await page.ask('/pay', order)
    expect(body).toMatchObject({ stage: 'confirming' })
    expect(body.confirm_url).toMatch(/^https:\/\/hooks\.stripe\.com\//)
    expect((await page.ask('/check', {})).body.stage).toBe('confirming')
    fixture.stripe.finishAction(payment.id, true)
    expect((await page.ask('/check', {})).body.stage).toBe('accepted')
    // A decided payment is answered with its state.
    expect((await page.ask('/check', {})).body.stage).toBe('accepted')
  })

  test('takes real payments with live keys, and refuses a publishable key of test mode', async () => {
    const { live } = await createLiveMerchant(
      { servers: [fixture.started.server], api: fixture.api, database: fixture.started.database },
      'Live shop',
    )
    const payment = await createPayment(live)
    const page = pageOf(payment)
    expect(await page.read()).toMatchObject({ livemode: true, methods: [] })
    const path = `/v1/merchants/${payment.merchant_id}/processor`
    const set = (publishable_key: string) =>
      live('POST', path, {
        body: { processor: 'stripe', secret_key: 'sk_live_1', publishable_key },
      })
    const refused = await set('pk_test_1')
    expect(refused.status).toBe(400)
    expect(refused.body.error.details).toMatchObject({ field: 'publishable_key' })
    expect((await set('pk_live_1')).status).toBe(200)
    expect(await page.read()).toMatchObject({
      livemode: true,
      methods: ['card'],
      stripe: { publishable_key: 'pk_live_1', amount: 9_999, currency: 'usd' },
    })
    expect((await page.ask('/tokens', card('4242424242424242'))).status).toBe(404)
  })
})
