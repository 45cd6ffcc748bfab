import { type Chance, chanceOf } from '../../../support/chance.ts'
import { until } from '../../../support/until.ts'
import { type Findings, joined, nothing, report } from './books/findings.ts'
import { decide } from './by-hand.ts'
import { advance, alignClocks } from './time.ts'
import type { World } from './world.ts'

const daySeconds = 86_400

/** The columns that explain a row of `payment_tasks`. */
const columns = 't.payment_id, t.kind, t.failures, t.due_at, t.leased_until, t.planned_again'

/** Tasks that are due or in progress. `$1`: payments about which a problem was reported before. */
const busy = `
  select ${columns} from payment_tasks t left join test_clocks c using (merchant_id)
  where t.payment_id <> all($1::text[]) and (t.leased_until > now() or t.planned_again
    or t.due_at <= now() + make_interval(secs => coalesce(c.offset_seconds, 0)))`

/** Tasks that are left at the end, without those that wait for a reason. More reasons are more lines. */
const unexplained = `
  select ${columns} from payment_tasks t where t.payment_id <> all($1::text[]) and not (
    -- A settled payment is looked up again after weeks and months.
    t.kind = 'recheck' and t.failures = 0
    -- The bank has not decided, or has decided within a day.
    or t.kind = 'dispute' and t.failures = 0 and exists (
      select from disputes d where d.payment_id = t.payment_id
        and (d.status in ('needs_response', 'under_review') or t.due_at <= d.updated_at + interval '1 day'))
    -- A refund of a late capture came back twice, and the last one must last.
    or t.attention = 'late_refund_returned'
    -- Stripe refuses to refund the rest of a canceled payment of which a part is disputed.
    or t.kind = 'void' and exists (
      select from disputes d where d.payment_id = t.payment_id and d.status <> 'won')
  )`

/**
 * Ends all faults, lets days pass, and waits until nothing is left to do. Half of the disputes that are
 * still open are decided first, the others stay open.
 *
 * @returns the tasks that do not end.
 */
export async function rest(world: World, seed: number): Promise<Findings> {
  const chance = chanceOf(seed)
  world.stripe.forgetFaults()
  await world.network.calm()
  await world.courier.calm()
  await findUnknown(world)
  decideAll(world, chance)
  await world.courier.calm()
  await alignClocks(world, chance)
  const found = [await findEndless(world)]
  for (const seconds of [3_700, daySeconds, 7 * daySeconds]) {
    found.push(await pass(world, seconds, chance))
  }
  // Results that nobody tells about, days later.
  world.stripe.completeAllRefunds()
  world.stripe.decideAllDebits()
  world.stripe.settleAll()
  for (const seconds of [daySeconds, daySeconds, 3 * daySeconds]) {
    await search(world)
    found.push(await pass(world, seconds, chance))
  }
  const left = await world.sql.query(unexplained, [[...world.wrong]])
  return joined([...found, await describeTasks(world, left)])
}

/** Finds payments whose creates got no answer. */
async function findUnknown(world: World): Promise<void> {
  const rows = await world.sql.query(
    'select id, merchant_id, amount, payment_method as method from payments order by id',
  )
  for (const { id, merchant_id: merchantId, amount, method } of rows) {
    const merchant = world.merchants.find((one) => one.merchantId === merchantId)
    if (!merchant || world.paymentsById.has(id)) continue
    const payment = { id, merchant, amount, method }
    world.payments.push(payment)
    world.paymentsById.set(id, payment)
  }
}

/** Makes the searches at Stripe, which run every hour in real time, and waits for their end. */
async function search({ sql }: World): Promise<void> {
  await sql.query(
    `update processor_sweeps set due_at = now() - interval '1 second', since = since - interval '1 day'`,
  )
  const left =
    "select from processor_sweeps where due_at <= now() or since < now() - interval '1 hour'"
  await until('the searches are made', async () => (await sql.query(left)).length === 0)
}

/** Lets time pass for all merchants. */
async function pass(world: World, seconds: number, chance: Chance): Promise<Findings> {
  for (const merchant of world.merchants) await advance(world, { merchant, seconds, chance })
  return await findEndless(world)
}

function decideAll(world: World, chance: Chance): void {
  world.stripe.completeAllRefunds()
  world.stripe.decideAllDebits()
  for (const dispute of world.disputes) {
    if (dispute.status === 'warning_needs_response') decide(world, dispute, 'warning_closed')
    const isOpen = ['needs_response', 'under_review'].includes(dispute.status)
    if (isOpen && chance.once(2)) decide(world, dispute, chance.pick(['won', 'lost']))
  }
}

/** Waits until nothing is due. Returns the tasks that do not end. */
async function findEndless(world: World): Promise<Findings> {
  const find = () => world.sql.query<Task>(busy, [[...world.wrong]])
  const isIdle = async () => (await find()).length === 0
  // A timeout is the finding.
  const isReached = await until('nothing is due', isIdle).catch(() => false)
  return isReached ? nothing : await describeTasks(world, await find())
}

interface Task {
  readonly payment_id: string
}

async function describeTasks(world: World, rows: readonly Task[]): Promise<Findings> {
  const problems = rows.map((row) => `a task does not end: ${JSON.stringify(row)}`)
  return {
    problems,
    histories: await report(
      world,
      rows.map((row) => row.payment_id),
    ),
  }
}
