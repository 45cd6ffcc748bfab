import { expect } from 'vitest'
import { chanceOf } from '../../../support/chance.ts'
import { openSql } from '../../../support/databases/sql.ts'
import { type Api, apiClient } from '../../../support/http/api.ts'
import { createMigratedDatabase } from '../../../support/servers/server.ts'
import { startStripeStandIn } from '../stand-in/stand-in.ts'
import { Counts } from './counts.ts'
import { Fleet } from './fleet.ts'
import { Journal } from './journal.ts'
import { Courier } from './network/courier.ts'
import type { OwnFailure } from './network/exchange.ts'
import { Network } from './network/network.ts'
import { keepAuthorizations } from './time.ts'
import { type Merchant, type RunPayment, tellAbout, type World } from './world.ts'

const stripeKey = 'sk_test_of_the_random_run'
const merchantsCount = 3
const serversCount = 2

/** Starts servers, a stand-in of Stripe behind a faulty network, and merchants. */
export async function startWorld(seed: number): Promise<World & { stop(): Promise<void> }> {
  const counts = new Counts()
  const journal = new Journal()
  const database = await createMigratedDatabase()
  const stripe = await startStripeStandIn(stripeKey)
  const fail = failing(stripe)
  const network = new Network({ target: stripe.url, seed: seed + 1, counts, journal, fail })
  network.isCalm = true
  const env = {
    HEDGE_STRIPE_API_BASE: await network.listen(),
    HEDGE_ENCRYPTION_KEY: 'the key of this test suite, long enough',
  }
  const fleet = new Fleet({ databaseUrl: database.url, env })
  await fleet.start(serversCount)
  const courier = new Courier({ fleet, counts, seed: seed + 2 })
  const sql = openSql(database.url)
  const merchants = await startMerchants(fleet)
  const payments: RunPayment[] = []
  const paymentsById = new Map<string, RunPayment>()
  const world: World = {
    ...{ stripe, network, courier, fleet, sql, counts, journal, merchants, payments, paymentsById },
    stripeAccess: { url: stripe.url, secretKey: stripeKey },
    wrong: new Set(),
    roundBegin: 0,
    disputes: [],
  }
  keepAuthorizations(world)
  const chance = chanceOf(seed + 3)
  network.onChange = (paymentId) => {
    const payment = paymentsById.get(paymentId)
    if (payment) tellAbout(world, payment, chance)
  }
  return {
    ...world,
    async stop() {
      await network.calm()
      await courier.calm()
      await fleet.stop()
      await network.stop()
      await stripe.stop()
      await sql.close()
      await database.drop()
    },
  }
}

/** Makes the stand-in fail at the next request to a path. */
function failing(stripe: Awaited<ReturnType<typeof startStripeStandIn>>) {
  return (line: string, how: OwnFailure): void => {
    const path = new RegExp(`^${line}$`)
    if (how === 'fails') stripe.failNext(path, 500, { type: 'api_error', message: 'An error.' })
    if (how === 'fails though done') stripe.failNextThoughDone(path)
  }
}

/** Creates merchants, each with its own webhook secret. All of them use one account at Stripe. */
async function startMerchants({ first }: Fleet): Promise<Merchant[]> {
  const owner = apiClient(first.url, first.secretKey)
  const merchants: Merchant[] = []
  for (let n = 1; n <= merchantsCount; n++) {
    const { status, body } = await owner('POST', '/v1/merchants', { body: { name: `Shop ${n}` } })
    expect(status).toBe(201)
    const secretKey: string = body.api_keys[0].secret_key
    const webhookSecret = `whsec_of_merchant_${n}`
    await setProcessor(apiClient(first.url, secretKey), body.id, webhookSecret)
    merchants.push({ merchantId: body.id, secretKey, webhookSecret, aheadSeconds: 0 })
  }
  return merchants
}

async function setProcessor(api: Api, merchantId: string, webhookSecret: string): Promise<void> {
  const body = { processor: 'stripe', secret_key: stripeKey, webhook_secret: webhookSecret }
  const { status } = await api('POST', `/v1/merchants/${merchantId}/processor`, { body })
  expect(status).toBe(200)
}
