import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { PaymentRow, Schema } from '../../database/schema.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { Timestamp } from '../../domain/time.ts'
import { merchantTime } from '../../merchants/clock.sql.ts'

type Db = Kysely<Schema>

type PaymentKey = Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>

/** When a task is due: at a time of the payment, or some seconds from now. */
type Due = { readonly dueAt: Timestamp } | { readonly afterSeconds: number }

/**
 * Plans a task, or plans it anew and takes it away from a worker that has claimed it: what that
 * worker knows is outdated. For example, the customer has submitted another token. `afterSeconds`
 * counts by the database's clock and the merchant's: a process may be an hour ahead.
 */
export async function planTask(
  tx: Db,
  { row, kind, ...due }: { row: PaymentKey; kind: TaskKind } & Due,
): Promise<void> {
  const account = { merchantId: row.merchant_id, livemode: row.livemode }
  const dueAt =
    'dueAt' in due
      ? sql`${due.dueAt}::timestamptz`
      : sql`${merchantTime(account)} + make_interval(secs => ${due.afterSeconds})`
  await sql`
    insert into payment_tasks as t (merchant_id, livemode, payment_id, kind, due_at)
    values (${row.merchant_id}, ${row.livemode}, ${row.id}, ${kind}, ${dueAt})
    on conflict (merchant_id, livemode, payment_id, kind) do update
      set due_at = excluded.due_at, failures = 0, lease = null, leased_until = null`.execute(tx)
}

/** Ends a task of a payment, also one that a worker has claimed. */
export async function dropTask(
  tx: Db,
  { row, kind }: { row: PaymentKey; kind: TaskKind },
): Promise<void> {
  await sql`
    delete from payment_tasks
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and kind = ${kind}`.execute(tx)
}

/** A task that something new asks for. */
interface Request {
  readonly row: PaymentKey
  /** How soon, in seconds of real time: a test clock is never behind that. */
  readonly afterSeconds: number
}

// A worker keeps a task that is requested while it works: two at once would call the processor
// twice. It releases the task in the end instead of finishing it. Until then the task is due when
// the request says, so that many requests do not make one look follow another without a pause.
const requestedAgain = (dueAt: RawBuilder<unknown>) => sql`
  due_at = case when t.leased_until > now() then ${dueAt} else least(t.due_at, ${dueAt}) end,
  failures = 0, planned_again = true`

/** By the database's clock: by a server's that is ahead, a message would put the task off. */
const soon = (seconds: number) =>
  sql`date_trunc('second', now()) + make_interval(secs => ${seconds})`

/** Has a task done soon, planning it if there is none. A worker that does it at present goes on. */
export async function requestTask(
  tx: Db,
  { row, kind, afterSeconds }: Request & { readonly kind: TaskKind },
): Promise<void> {
  const dueAt = soon(afterSeconds)
  await sql`
    insert into payment_tasks as t (merchant_id, livemode, payment_id, kind, due_at)
    values (${row.merchant_id}, ${row.livemode}, ${row.id}, ${kind}, ${dueAt})
    on conflict (merchant_id, livemode, payment_id, kind) do update
      set ${requestedAgain(dueAt)}`.execute(tx)
}

/** Has tasks of a payment done soon, of those that are planned. */
export async function rescheduleTasks(
  db: Db,
  { row, kinds, afterSeconds }: Request & { readonly kinds: readonly TaskKind[] },
): Promise<void> {
  await sql`
    with planned as materialized (
      select kind from payment_tasks
      where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
        and payment_id = ${row.id} and kind = any(${kinds}::text[])
      order by kind for update
    )
    update payment_tasks t set ${requestedAgain(soon(afterSeconds))}
    from planned p
    where t.merchant_id = ${row.merchant_id} and t.livemode = ${row.livemode}
      and t.payment_id = ${row.id} and t.kind = p.kind`.execute(db)
}
