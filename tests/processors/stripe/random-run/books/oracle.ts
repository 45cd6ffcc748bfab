import { brokenInvariants } from '../../../../support/databases/invariants.ts'
import type { RunPayment, World } from '../world.ts'
import { type Findings, report } from './findings.ts'
import { keptOf, readStripe, type StripeRecord, sumOf } from './stripe-books.ts'
import { findWrongTotals } from './totals.ts'

/** A payment here, with its refunds and disputes. */
interface OwnRecord {
  readonly id: string
  readonly status: string
  readonly captured_amount: number
  readonly refunded_amount: number
  readonly settled_at: Date | null
  readonly refunds: readonly {
    readonly amount: number
    readonly status: string
    readonly processor_reference: string | null
  }[]
  readonly disputes: readonly {
    readonly processor_reference: string
    readonly amount: number
    readonly withdrawn_amount: number
    readonly status: string
    readonly fee: number
  }[]
}

const ownRecord = `
  select p.id, p.status, p.captured_amount, p.refunded_amount, p.settled_at,
    (select coalesce(json_agg(r), '[]') from refunds r where r.payment_id = p.id) as refunds,
    (select coalesce(json_agg(d), '[]') from disputes d where d.payment_id = p.id) as disputes
  from payments p where p.id = $1`

const withMoney = ['succeeded', 'partially_refunded', 'refunded']
const final = [...withMoney, 'failed', 'canceled']

/** Compares everything here with Stripe's books, at rest. `payments`: those that are compared one by one. */
export async function findProblems(
  world: World,
  payments: readonly RunPayment[],
): Promise<Findings> {
  const problems: string[] = []
  const wrong: string[] = []
  for (const { id } of payments.filter((one) => !world.wrong.has(one.id))) {
    const found = await problemsOf(world, id)
    if (found.length > 0) wrong.push(id)
    problems.push(...found.map((problem) => `${id}: ${problem}`))
  }
  const broken = await brokenInvariants(world.sql, { isAtRest: false })
  for (const [name, rows] of Object.entries(broken)) {
    problems.push(`broken: ${name}: ${JSON.stringify(rows.slice(0, 3))}`)
  }
  problems.push(...(await findWrongTotals(world)))
  return { problems, histories: await report(world, wrong) }
}

async function problemsOf(world: World, paymentId: string): Promise<string[]> {
  const [own] = await world.sql.query<OwnRecord>(ownRecord, [paymentId])
  if (!own) return ['it is not stored']
  const stripe = await readStripe(world.stripeAccess, paymentId)
  return checks.flatMap((check) => check(own, stripe) ?? [])
}

/** A comparison of one payment with Stripe. Returns what is wrong. */
type Check = (own: OwnRecord, stripe: StripeRecord) => string | string[] | undefined

const checks: readonly Check[] = [
  ({ status }) => (final.includes(status) ? undefined : `it is still ${status}`),
  (_, { intents }) => {
    const used = intents.filter(
      ({ amount_received: received, status }) => received > 0 || status === 'requires_capture',
    )
    return used.length > 1 ? `it has ${used.length} PaymentIntents with money` : undefined
  },
  ({ status }, { intents }) => {
    const left = intents.find((intent) => intent.status === 'requires_capture')
    return left ? `it is ${status}, and ${left.id} is still authorized` : undefined
  },
  ({ status }, stripe) => {
    const kept = keptOf(stripe)
    // Stripe refuses to refund what a bank has charged back, also in part.
    const isRefusing = stripe.disputes.some((one) => one.status !== 'won')
    return withMoney.includes(status) || kept <= 0 || isRefusing
      ? undefined
      : `it is ${status}, and the customer paid ${kept}`
  },
  ({ status, captured_amount: captured }, { intents }) => {
    if (!withMoney.includes(status)) return
    const received = intents.reduce((sum, one) => sum + one.amount_received, 0)
    return received === captured ? undefined : `captured ${captured} here, ${received} at Stripe`
  },
  ({ status, refunded_amount: refunded }, { refunds }) => {
    if (!withMoney.includes(status)) return
    const returned = sumOf(refunds.filter((one) => one.status !== 'failed'))
    return returned === refunded ? undefined : `refunded ${refunded} here, ${returned} at Stripe`
  },
  compareRefunds,
  compareDisputes,
  ({ status, settled_at: settledAt }, { intents }) => {
    if (!withMoney.includes(status)) return
    const isAvailable = intents.some(
      (one) => one.latest_charge?.balance_transaction?.status === 'available',
    )
    return isAvailable === (settledAt !== null) ? undefined : `settled at Stripe: ${isAvailable}`
  },
]

/** Every refund that moved money has one row with the same amount and status. */
function compareRefunds(own: OwnRecord, { refunds }: StripeRecord): string[] {
  if (!withMoney.includes(own.status)) return []
  const show = (amount: number, status: string, reference: string | null) =>
    `${amount} ${status} ${reference}`
  const here = own.refunds
    .filter(({ status }) => status !== 'failed')
    .map((one) => show(one.amount, one.status, one.processor_reference))
  const there = refunds
    .filter(({ status }) => status !== 'failed')
    .map((one) => show(one.amount, one.status, one.id))
  const missing = there.filter((one) => !here.includes(one))
  const surplus = here.filter((one) => !there.includes(one))
  return [
    ...missing.map((one) => `a refund is only at Stripe: ${one}`),
    ...surplus.map((one) => `a refund is only here: ${one}`),
  ]
}

function compareDisputes(own: OwnRecord, { disputes }: StripeRecord): string[] {
  const here = own.disputes.map(
    (one) =>
      `${one.processor_reference} ${one.status} ${one.amount} ${one.withdrawn_amount} ${one.fee}`,
  )
  const there = disputes.map(
    (one) => `${one.id} ${one.status} ${one.amount} ${one.withdrawn} ${Math.max(0, one.fee)}`,
  )
  return [
    ...there
      .filter((one) => !here.includes(one))
      .map((one) => `a dispute is only at Stripe: ${one}`),
    ...here.filter((one) => !there.includes(one)).map((one) => `a dispute is only here: ${one}`),
  ]
}
