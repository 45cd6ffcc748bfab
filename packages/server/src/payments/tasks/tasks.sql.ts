import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import { accountOf } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { released } from '../../jobs/lease.sql.ts'
import { merchantTime } from '../../merchants/clock.sql.ts'

type PaymentKey = Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>

/** When a task is due: at a time, or some seconds from now. */
type Due = { readonly dueAt: Timestamp } | { readonly afterSeconds: number }

/**
 * Plans a task. A task that is planned already is planned anew, and a worker that has claimed it loses
 * it, because the worker's data is outdated: for example, the customer has submitted another token.
 * Its wait begins anew. `afterSeconds` counts by the database's clock and the merchant's test clock,
 * because the clock of a process may be an hour ahead.
 */
export async function planTask(
  tx: Db,
  { row, kind, ...due }: { row: PaymentKey; kind: TaskKind } & Due,
): Promise<void> {
  const account = accountOf(row)
  const dueAt =
    'dueAt' in due
      ? sql`${due.dueAt}::timestamptz`
      : sql`${merchantTime(account)} + make_interval(secs => ${due.afterSeconds})`
  await sql`
    insert into payment_tasks as t (merchant_id, livemode, payment_id, kind, due_at, waiting_since)
    select ${row.merchant_id}, ${row.livemode}::boolean, ${row.id}, ${kind}, ${dueAt},
      ${merchantTime(account)}
    on conflict (merchant_id, livemode, payment_id, kind) do update
      set due_at = excluded.due_at, failures = 0, waiting_since = excluded.waiting_since,
        failing_since = null, attention = null, attention_since = null, ${released}`.execute(tx)
}

/** Deletes a task of a payment, even if a worker has claimed it. */
export async function dropTask(
  tx: Db,
  { row, kind }: { row: PaymentKey; kind: TaskKind },
): Promise<void> {
  await sql`
    delete from payment_tasks
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and kind = ${kind}`.execute(tx)
}

/** A request to run tasks of a payment soon. */
interface TaskRequest {
  readonly row: PaymentKey
  /** In real time, which a test clock is never behind. */
  readonly afterSeconds: number
}

// A worker keeps a claimed task that is requested again, because two workers would call the processor
// twice. At its end the worker releases the task instead of finishing it. The latest request says when
// the task is due, so that many requests do not cause many look-ups without a pause.
//
// Both times are columns: a cluster refuses `now()` here.
const requestedAgain = (given: { now: RawBuilder<unknown>; dueAt: RawBuilder<unknown> }) => sql`
  due_at = case when t.leased_until > ${given.now} then ${given.dueAt}
    else least(t.due_at, ${given.dueAt}) end,
  failures = 0, planned_again = true`

/** By the database's clock: by the clock of a server that is ahead, a message would delay the task. */
const soon = (seconds: number) =>
  sql`date_trunc('second', now()) + make_interval(secs => ${seconds})`

/** Makes a task due soon, and plans it if necessary. A worker that has claimed it continues. */
export async function requestTask(
  tx: Db,
  { row, kind, afterSeconds }: TaskRequest & { readonly kind: TaskKind },
): Promise<void> {
  await sql`
    insert into payment_tasks as t (merchant_id, livemode, payment_id, kind, due_at, since,
      waiting_since)
    select ${row.merchant_id}, ${row.livemode}::boolean, ${row.id}, ${kind}, ${soon(afterSeconds)},
      now(), ${merchantTime(accountOf(row))}
    on conflict (merchant_id, livemode, payment_id, kind) do update
      set ${requestedAgain({ now: sql`excluded.since`, dueAt: sql`excluded.due_at` })}`.execute(tx)
}

/** Makes planned tasks of a payment due soon. Plans none. */
export async function rescheduleTasks(
  db: Db,
  { row, kinds, afterSeconds }: TaskRequest & { readonly kinds: readonly TaskKind[] },
): Promise<void> {
  await sql`
    with planned as materialized (
      select kind, now() as now, ${soon(afterSeconds)} as due_at from payment_tasks
      where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
        and payment_id = ${row.id} and kind = any(${kinds}::text[])
      order by kind for update
    )
    update payment_tasks t set ${requestedAgain({ now: sql`p.now`, dueAt: sql`p.due_at` })}
    from planned p
    where t.merchant_id = ${row.merchant_id} and t.livemode = ${row.livemode}
      and t.payment_id = ${row.id} and t.kind = p.kind`.execute(db)
}
