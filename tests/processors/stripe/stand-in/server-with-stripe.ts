import { Stripe } from 'stripe'
import { afterAll, beforeAll, expect } from 'vitest'
import { openSql, type Sql } from '../../../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../../../support/http/api.ts'
import { createMigratedDatabase, startServer } from '../../../support/servers/server.ts'
import { type StripeStandIn, startStripeStandIn } from './stand-in.ts'

/** Starts a server process with a stand-in of Stripe that accepts one secret key. */
export async function startServerWithStripe(stripeKey: string) {
  const database = await createMigratedDatabase()
  const stripe = await startStripeStandIn(stripeKey)
  const server = await startServer({
    databaseUrl: database.url,
    env: {
      HEDGE_STRIPE_API_BASE: stripe.url,
      HEDGE_ENCRYPTION_KEY: 'the key of this test suite, long enough',
    },
  })
  const api: Api = apiClient(server.url, server.secretKey)
  return {
    ...{ database, stripe, server, api },
    async stop() {
      await server.stop()
      await stripe.stop()
      await database.drop()
    },
  }
}

/** Like `startServerWithStripe`, and sets the key and a webhook secret for the first merchant. */
export async function startMerchantWithStripe(stripeKey: string) {
  const started = await startServerWithStripe(stripeKey)
  const { api, server, stripe } = started
  const secret = 'whsec_of_this_merchant'
  const { merchant_id: merchant } = await createPayment(api)
  const body = { processor: 'stripe', secret_key: stripeKey, webhook_secret: secret }
  expect((await api('POST', `/v1/merchants/${merchant}/processor`, { body })).status).toBe(200)
  async function send(about: object): Promise<number> {
    const payload = JSON.stringify({ id: 'evt_1', object: 'event', data: { object: about } })
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret })
    const anyone = apiClient(server.url, null)
    const answer = await anyone('POST', `/v1/processors/stripe/webhook/${merchant}/test`, {
      rawBody: payload,
      headers: { 'stripe-signature': signature },
    })
    return answer.status
  }
  return {
    ...started,
    /** Sends a message of Stripe about an object, and returns the status of the answer. */
    send,
    /** Sends a message of Stripe about an object of a payment. */
    async notify(paymentId: string, object: 'payment_intent' | 'charge' | 'refund'): Promise<void> {
      const id = { payment_intent: 'pi_1', charge: 'ch_1', refund: 're_1' }[object]
      expect(await send({ id, object, metadata: { hedge_payment_id: paymentId } })).toBe(200)
    },
    /** Sends a message of Stripe about a refund that a person made, which does not name the payment. */
    async notifyByHand(paymentId: string): Promise<void> {
      const intent = stripe.intentOf(paymentId)
      const refund = { id: 're_1', object: 'refund', payment_intent: intent, metadata: {} }
      expect(await send(refund)).toBe(200)
    },
    /** Sends a message about a dispute of a payment. It names the PaymentIntent only, as Stripe's do. */
    async notifyDispute(paymentId: string, said: object = {}): Promise<void> {
      const intent = stripe.intentOf(paymentId)
      const about = { id: 'dp_1', object: 'dispute', metadata: {}, payment_intent: intent, ...said }
      expect(await send(about)).toBe(200)
    },
  }
}

/** A merchant at the stand-in, and statements in the database of its server. */
export interface StripeFixture {
  readonly started: Awaited<ReturnType<typeof startMerchantWithStripe>>
  readonly stripe: StripeStandIn
  readonly api: Api
  readonly sql: Sql
}

/** The same for all tests of a file, with statements in its database. Its fields are set before the first test. */
export function withMerchantAtStripe(): StripeFixture {
  const fixture = {} as { -readonly [name in keyof StripeFixture]: StripeFixture[name] }
  beforeAll(async () => {
    const started = await startMerchantWithStripe('sk_test_of_this_merchant')
    Object.assign(fixture, started, { started, sql: openSql(started.database.url) })
  })
  afterAll(async () => {
    await fixture.sql?.close()
    await fixture.started?.stop()
  })
  return fixture
}
