import type { Chance } from '../../../support/chance.ts'
import type { Sql } from '../../../support/databases/sql.ts'
import type { ApiAnswer, ApiOptions } from '../../../support/http/api.ts'
import type { StripeStandIn } from '../stand-in/stand-in.ts'
import type { Counts } from './counts.ts'
import type { Fleet } from './fleet.ts'
import type { Journal } from './journal.ts'
import type { Courier, Recipient } from './network/courier.ts'
import type { Network } from './network/network.ts'

/** A merchant at the stand-in, with its own test clock. */
export interface Merchant extends Recipient {
  readonly secretKey: string
  /** How far the test clock is ahead, in seconds. */
  aheadSeconds: number
}

/** A payment that a command has created. */
export interface RunPayment {
  readonly id: string
  readonly merchant: Merchant
  readonly amount: number
  readonly method: 'card' | 'ach'
}

/** All parts of a random run. */
export interface World {
  readonly stripe: StripeStandIn
  /** How the oracle reads Stripe's books, without the faulty network. */
  readonly stripeAccess: { readonly url: string; readonly secretKey: string }
  readonly network: Network
  readonly courier: Courier
  readonly fleet: Fleet
  readonly sql: Sql
  readonly counts: Counts
  readonly journal: Journal
  readonly merchants: readonly Merchant[]
  readonly payments: RunPayment[]
  /** The payments by id. */
  readonly paymentsById: Map<string, RunPayment>
  /** The first payment of this round. */
  roundBegin: number
  /** Payments about which a problem was reported. */
  readonly wrong: Set<string>
  /** The disputes that were opened by hand. */
  readonly disputes: { readonly id: string; readonly payment: RunPayment; status: string }[]
}

/** The payments to which most commands go. */
const recentCount = 40

/** Draws a payment: mostly one of the latest. `undefined`: there is none yet. */
export function pickPayment({ payments }: World, chance: Chance): RunPayment | undefined {
  if (payments.length === 0) return undefined
  const isOld = chance.once(6)
  return chance.pick(isOld ? payments : payments.slice(-recentCount))
}

/** Sends a request about a payment or for a merchant, and writes it into the journal. */
export async function send(
  world: World,
  { merchant, chance, payment }: { merchant: Merchant; chance: Chance; payment?: RunPayment },
  request: [string, string, ApiOptions?],
): Promise<ApiAnswer | null> {
  const [method, path, options] = request
  const text = `${method} ${path} ${JSON.stringify(options?.body ?? {})}`
  if (payment) world.journal.add(payment.id, `client sends ${text}`)
  const answer = await world.fleet.send({ key: merchant.secretKey, chance }, request)
  if (answer?.status === 500) {
    throw new Error(`500 to ${text}: ${answer.text}`)
  }
  if (payment) {
    const said = answer?.body?.error?.code ?? answer?.body?.status ?? ''
    world.journal.add(payment.id, `client got ${answer?.status ?? 'no answer'} ${said} to ${text}`)
  }
  return answer
}

/** Tells the merchant of a payment about it, as Stripe does after a change. `isSure`: the message arrives. */
export function tellAbout(
  world: World,
  payment: RunPayment,
  chance: Chance,
  { isSure = false }: { isSure?: boolean } = {},
): void {
  const intent = world.stripe.intentOf(payment.id)
  if (!intent) return
  const metadata = { hedge_payment_id: payment.id }
  const object = chance.pick([
    { id: intent, object: 'payment_intent', metadata },
    { id: 'ch_1', object: 'charge', payment_intent: intent, metadata },
    { id: 're_1', object: 'refund', payment_intent: intent, metadata: {} },
  ])
  world.courier.tell(payment.merchant, object, { isSure })
}

/** Whether a payment is of an earlier round. It is looked up again only after months. */
export function isOld({ roundBegin, payments }: World, payment: RunPayment): boolean {
  const begin = payments[roundBegin]
  return begin !== undefined && payment.id < begin.id
}
