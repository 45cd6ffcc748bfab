import { Stripe } from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { query } from '../../support/databases/postgres-server.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import type { TestServer } from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'
import { startServerWithStripe } from './stand-in/server-with-stripe.ts'
import type { StripeStandIn } from './stand-in/stand-in.ts'

const stripeKey = 'sk_test_of_this_merchant'
const webhookSecret = 'whsec_of_this_merchant'

let database: TestDatabase
let stripe: StripeStandIn
let server: TestServer
let started: Awaited<ReturnType<typeof startServerWithStripe>>
let api: Api
let merchant: string

beforeAll(async () => {
  started = await startServerWithStripe(stripeKey)
  database = started.database
  stripe = started.stripe
  server = started.server
  api = started.api
  merchant = (await createPayment(api)).merchant_id
})

afterAll(() => started?.stop())

const path = () => `/v1/merchants/${merchant}/processor`
const configure = (body: object, by: Api = api) => by('POST', path(), { body })

async function message(paymentId: string, given: { secret?: string; mode?: string } = {}) {
  const object = { id: 'pi_1', object: 'payment_intent', metadata: { hedge_payment_id: paymentId } }
  const payload = JSON.stringify({ id: 'evt_1', object: 'event', data: { object } })
  const signature = Stripe.webhooks.generateTestHeaderString({
    payload,
    secret: given.secret ?? webhookSecret,
  })
  const to = `/v1/processors/stripe/webhook/${merchant}/${given.mode ?? 'test'}`
  return await apiClient(server.url, null)('POST', to, {
    rawBody: payload,
    headers: { 'stripe-signature': signature },
  })
}

describe('a merchant’s own Stripe account', () => {
  test('is 404 until it is set, and so are messages for it', async () => {
    expect((await api('GET', path())).status).toBe(404)
    expect((await message('pay_1')).status).toBe(404)
  })

  test('accepts only keys of its mode, and errors do not repeat the keys', async () => {
    for (const body of [
      { processor: 'stripe', secret_key: 'sk_live_wrong_mode' },
      { processor: 'stripe', secret_key: 'no key at all' },
      { processor: 'stripe', secret_key: stripeKey, webhook_secret: 'whatever' },
      { processor: 'stripe', secret_key: stripeKey, publishable_key: 'pk_live_wrong_mode' },
      { processor: 'stripe', secret_key: stripeKey, publishable_key: 'sk_test_no key at all' },
    ]) {
      const { status, text } = await configure(body)
      expect(status).toBe(400)
      expect(text).not.toMatch(/wrong_mode|no key at all|whatever/)
    }
    expect((await api('GET', path())).status).toBe(404)
  })

  test('can be set; its secrets are encrypted in the database, and answers and logs do not contain them', async () => {
    const set = await configure({
      processor: 'stripe',
      secret_key: stripeKey,
      publishable_key: 'pk_test_of_this_merchant',
      webhook_secret: webhookSecret,
    })
    expect(set.status).toBe(200)
    expect(set.body).toMatchObject({
      object: 'merchant_processor',
      processor: 'stripe',
      secret_hint: 'sk_test_…hant',
      publishable_key: 'pk_test_of_this_merchant',
      has_webhook_secret: true,
      webhook_url: `${server.url}/v1/processors/stripe/webhook/${merchant}/test`,
    })
    expect((await api('GET', path())).body).toEqual(set.body)
    const rows = await query(
      database.url,
      "select row_to_json(c)::text || encode(sealed, 'escape') from processor_credentials c",
    )
    expect(rows).toHaveLength(1)
    expect(String(rows[0])).not.toContain(stripeKey)
    expect(String(rows[0])).not.toContain(webhookSecret)
    expect(server.log()).not.toContain(stripeKey)
  })

  test('captures and refunds new payments', async () => {
    const { id } = await createPaid(api, { token: 'pm_card_visa' })
    const kinds = () => stripe.movements.map(({ kind }) => kind)
    expect(kinds()).toEqual(['authorize', 'capture'])
    await api('POST', `/v1/payments/${id}/refund`, { body: { amount: 1 } })
    await until('the refund is paid', async () => {
      const { body } = await api('GET', `/v1/payments/${id}`)
      return body.refunds[0].status === 'succeeded'
    })
    expect(stripe.movements.at(-1)).toMatchObject({ kind: 'refund', amount: 1 })
  })

  test('voids the authorization of a canceled payment', async () => {
    const { id } = await createPayment(api, { cancel_window: 3600 })
    const body = { payment_method_token: 'pm_card_visa' }
    await api('POST', `/v1/payments/${id}/initiate`, { body })
    await api('POST', `/v1/payments/${id}/cancel`)
    await until('the void is done', () => stripe.movements.at(-1)?.kind === 'cancel')
  })

  test('is asked by look-up, not by a second refund, if the answer to a refund is lost', async () => {
    const { id } = await createPaid(api, { token: 'pm_card_visa' })
    const before = stripe.movements.length
    stripe.loseNextAnswerAndKeys(/POST .*refunds$/)
    await api('POST', `/v1/payments/${id}/refund`, { body: { amount: 4000 } })
    await until('the refund is paid', async () => {
      const { body } = await api('GET', `/v1/payments/${id}`)
      return body.refunds[0].status === 'succeeded'
    })
    expect(stripe.movements.slice(before)).toMatchObject([{ kind: 'refund', amount: 4000 }])
  })

  test('reports by a signed message that the customer has completed 3-D Secure', async () => {
    const { id } = await createPayment(api)
    const body = { payment_method_token: 'pm_card_threeDSecureRequired' }
    const initiated = await api('POST', `/v1/payments/${id}/initiate`, { body })
    expect(initiated.body).toMatchObject({
      status: 'pending',
      next_action: { type: 'redirect_to_url' },
    })
    stripe.finishAction(id, true)
    expect((await message(id, { secret: 'whsec_forged' })).status).toBe(400)
    expect((await message(id, { mode: 'live' })).status).toBe(404)
    const taken = await message(id)
    expect(taken.status).toBe(200)
    expect(taken.body).toEqual({ received: true })
    await untilStatus(api, id, 'succeeded')
  })

  test('can be removed; then test mode uses the sandbox again', async () => {
    expect((await api('DELETE', path())).body).toEqual({
      object: 'merchant_processor',
      deleted: true,
    })
    expect((await api('DELETE', path())).status).toBe(404)
    expect(await query(database.url, 'select 1 from processor_credentials')).toEqual([])
    await createPaid(api, { token: 'tok_visa' })
  })

  test('can only be set by keys with the scope, for their own merchant', async () => {
    const body = { scopes: ['payments:create', 'payments:read'] }
    const limited = (await api('POST', '/v1/auth/api-keys', { body })).body.secret_key
    const given = { processor: 'stripe', secret_key: stripeKey }
    expect((await configure(given, apiClient(server.url, limited))).status).toBe(403)
    const other = await api('POST', '/v1/merchants/merch_other/processor', { body: given })
    expect(other.status).toBe(404)
  })
})
