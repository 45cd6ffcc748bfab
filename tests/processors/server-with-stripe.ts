import { type Api, apiClient } from '../support/api.ts'
import { createMigratedDatabase, startServer } from '../support/server.ts'
import { startStripeStandIn } from './stripe-stand-in.ts'

/** A server process whose Stripe is a stand-in that takes one secret key. */
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
