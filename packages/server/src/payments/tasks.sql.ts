import { type Kysely, sql } from 'kysely'
import { readInIndexOrder } from '../database/index-order.ts'
import type { PaymentRow, Schema, Timestamp } from '../database/schema.ts'

type Db = Kysely<Schema>

/**
 * What can be still to do to a payment.
 * - `expire`: pending for too long. `authorize`: submitted, the outcome is not known.
 * - `process`: initiated, its undo window ends. `capture`: processing.
 * - `void`: canceled or failed, and the processor may hold an authorization.
 * - `refund`: refunds that the processor has not been told of, or has news of. `settle`: is it
 *   settled yet?
 */
export type TaskKind = 'expire' | 'authorize' | 'process' | 'capture' | 'void' | 'refund' | 'settle'

type PaymentKey = Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>

/** A task that was taken to be worked on. */
export interface ClaimedTask {
  merchant_id: string
  livemode: boolean
  payment_id: string
  kind: TaskKind
  due_at: Timestamp
  /** How often it was taken, this time included. */
  attempts: number
  /** How far the merchant's clock is ahead of the real one. */
  offset_seconds: number
  /** When it was taken, by the database's clock. */
  taken_at: Timestamp
}

/**
 * Plans a task, or brings one that is planned forward or back. Whoever works on it at the moment
 * does not end it: what is planned now is done after now.
 */
export async function planTask(
  tx: Db,
  { row, kind, dueAt }: { row: PaymentKey; kind: TaskKind; dueAt: Timestamp },
): Promise<void> {
  await sql`
    insert into payment_tasks as t (merchant_id, livemode, payment_id, kind, due_at)
    values (${row.merchant_id}, ${row.livemode}, ${row.id}, ${kind}, ${dueAt}::timestamptz)
    on conflict (merchant_id, livemode, payment_id, kind) do update
      set due_at = excluded.due_at, attempts = t.attempts + 1, leased_until = null`.execute(tx)
}

/** Ends a task of a payment, whoever works on it. */
export async function dropTask(
  tx: Db,
  { row, kind }: { row: PaymentKey; kind: TaskKind },
): Promise<void> {
  await sql`
    delete from payment_tasks
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and kind = ${kind}`.execute(tx)
}

/** Brings a task of a payment forward, where there is one: something is known now. */
export async function hastenTasks(
  db: Db,
  { row, kinds, now }: { row: PaymentKey; kinds: readonly TaskKind[]; now: Timestamp },
): Promise<void> {
  await sql`
    update payment_tasks
    set due_at = ${now}::timestamptz, attempts = attempts + 1, leased_until = null
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and kind = any(${kinds}::text[])`.execute(db)
}

/** How much of a process's room each merchant and mode may have. */
export interface Shares {
  readonly perAccount: number
  /** How many more of test mode there may be, whosever they are. */
  readonly testLeft: number
  /** Whose tasks are being worked on: as many rows as the process has room for, at most. */
  readonly taken: readonly {
    readonly merchantId: string
    readonly livemode: boolean
    readonly count: number
  }[]
}

/** Whose tasks are not wanted now: they have had their share. */
export interface PassedOver {
  readonly accounts: readonly { readonly merchantId: string; readonly livemode: boolean }[]
  readonly isTest: boolean
}

/**
 * Takes due tasks for `leaseSeconds`; others pass them over. Those of merchants whose test clock is
 * ahead are due by that clock. A taker that dies leaves them to the next.
 *
 * What time it is says the database. By the clock of a process that is hours ahead, undo windows
 * would have ended that are open, and its leases would keep others away for as long.
 *
 * With `shares`, a merchant and mode gets no more than its share of what is due first. What others
 * have waiting behind is found by `passedOver`, which reads all that is due of those it names: it
 * took 23 ms of a backlog of 20,000, against one otherwise.
 */
export async function claimTasks(
  db: Db,
  claim: {
    kinds: readonly TaskKind[]
    limit: number
    leaseSeconds: number
    shares?: Shares
    passedOver?: PassedOver
  },
): Promise<ClaimedTask[]> {
  if (claim.limit <= 0) return []
  // Two reads, each of which is the start of a range of the index on kind and due_at: the second one
  // is for the few merchants with a clock of their own. A join of all tasks with the clocks would
  // read them all; and asked for several kinds at once, the planner sorts all that are due of them.
  // Asked for `kind = … and due_at <= …`, it takes the index on due_at alone where one kind has a
  // backlog, and reads all of that for each of the others: only one index has rows in this order.
  const kinds = sql`unnest(${claim.kinds}::text[]) as k (kind)`
  const isFree = sql`(t.leased_until is null or t.leased_until <= now())`
  const isOpen = sql`${isFree} ${claim.passedOver ? isWanted(claim.passedOver) : sql``}`
  const columns = sql`t.merchant_id, t.livemode, t.payment_id, t.kind`
  return await db.transaction().execute(async (tx) => {
    await readInIndexOrder(tx)
    const { rows } = await sql<ClaimedTask>`
    with due as (
      (select ${columns}, t.due_at from ${kinds} cross join lateral (
          select * from payment_tasks t
          where (t.kind, t.due_at) >= (k.kind, '-infinity') and (t.kind, t.due_at) <= (k.kind, now())
            and ${isOpen}
          order by t.kind, t.due_at limit ${claim.limit}
        ) t)
      union all
      (select ${columns}, t.due_at from test_clocks c cross join ${kinds} cross join lateral (
          select * from payment_tasks t
          where (t.kind, t.due_at) > (k.kind, now())
            and (t.kind, t.due_at) <= (k.kind, now() + make_interval(secs => c.offset_seconds))
            and t.merchant_id = c.merchant_id and not t.livemode and ${isOpen}
          order by t.kind, t.due_at limit ${claim.limit}
        ) t
        where c.offset_seconds > 0)
    ), allowed as (
      ${claim.shares ? withinShares(claim.shares) : sql`select * from due`}
    ), taken as materialized (
      select ${columns} from (select * from allowed order by due_at, payment_id) d
        cross join lateral (
          select * from payment_tasks t
          where t.merchant_id = d.merchant_id and t.livemode = d.livemode
            and t.payment_id = d.payment_id and t.kind = d.kind
            and ${isFree}
          for update skip locked
        ) t
      limit ${claim.limit}
    )
    update payment_tasks t
    set attempts = t.attempts + 1,
      leased_until = date_trunc('second', now()) + make_interval(secs => ${claim.leaseSeconds})
    from taken left join test_clocks c
      on c.merchant_id = taken.merchant_id and not taken.livemode
    where t.merchant_id = taken.merchant_id and t.livemode = taken.livemode
      and t.payment_id = taken.payment_id and t.kind = taken.kind
    returning ${columns}, t.due_at, t.attempts,
      coalesce(c.offset_seconds, 0)::integer as offset_seconds,
      date_trunc('second', now()) as taken_at`.execute(tx)
    return rows
  })
}

function isWanted({ accounts, isTest }: PassedOver) {
  const merchantsOf = (livemode: boolean) =>
    accounts.filter((account) => account.livemode === livemode).map(({ merchantId }) => merchantId)
  return sql`and case when t.livemode then t.merchant_id <> all(${merchantsOf(true)}::text[])
      else ${!isTest} and t.merchant_id <> all(${merchantsOf(false)}::text[]) end`
}

/** Of the rows of `due`, the earliest of each merchant and mode, and of test mode. */
function withinShares({ perAccount, testLeft, taken }: Shares) {
  return sql`select d.* from (
        select *,
          row_number() over (partition by merchant_id, livemode order by due_at, payment_id) as nth,
          row_number() over (partition by livemode order by due_at, payment_id) as nth_of_mode
        from due
      ) d
      left join unnest(${taken.map(({ merchantId }) => merchantId)}::text[],
          ${taken.map(({ livemode }) => livemode)}::boolean[],
          ${taken.map(({ count }) => count)}::integer[]) as r (merchant_id, livemode, count)
        on r.merchant_id = d.merchant_id and r.livemode = d.livemode
      where d.nth <= ${perAccount} - coalesce(r.count, 0)
        and (d.livemode or d.nth_of_mode <= ${testLeft})`
}

/** Keeps tasks that are still worked on. */
export async function renewLeases(
  db: Db,
  { tasks, leaseSeconds }: { tasks: readonly ClaimedTask[]; leaseSeconds: number },
): Promise<void> {
  if (tasks.length === 0) return
  await sql`
    update payment_tasks t
    set leased_until = date_trunc('second', now()) + make_interval(secs => ${leaseSeconds})
    from ${listOf(tasks)}
    where t.merchant_id = f.merchant_id and t.livemode = f.livemode
      and t.payment_id = f.payment_id and t.kind = f.kind and t.attempts = f.attempts
      and t.leased_until is not null`.execute(db)
}

/** Ends tasks that were taken, except those that were planned anew meanwhile. */
export async function finishTasks(db: Db, tasks: readonly ClaimedTask[]): Promise<void> {
  if (tasks.length === 0) return
  await sql`
    delete from payment_tasks t
    using ${listOf(tasks)}
    where t.merchant_id = f.merchant_id and t.livemode = f.livemode
      and t.payment_id = f.payment_id and t.kind = f.kind and t.attempts = f.attempts`.execute(db)
}

/** Puts a task that was taken off, unless it was planned anew meanwhile. */
export async function postponeTask(
  db: Db,
  { task, dueAt }: { task: ClaimedTask; dueAt: Timestamp },
): Promise<void> {
  await sql`
    update payment_tasks set due_at = ${dueAt}::timestamptz, leased_until = null
    where merchant_id = ${task.merchant_id} and livemode = ${task.livemode}
      and payment_id = ${task.payment_id} and kind = ${task.kind}
      and attempts = ${task.attempts}`.execute(db)
}

/** Tasks as rows `f`, by their key and the time they were taken. */
function listOf(tasks: readonly ClaimedTask[]) {
  return sql`unnest(${tasks.map((task) => task.merchant_id)}::text[],
      ${tasks.map((task) => task.livemode)}::boolean[],
      ${tasks.map((task) => task.payment_id)}::text[],
      ${tasks.map((task) => task.kind)}::text[],
      ${tasks.map((task) => task.attempts)}::integer[])
    as f (merchant_id, livemode, payment_id, kind, attempts)`
}
