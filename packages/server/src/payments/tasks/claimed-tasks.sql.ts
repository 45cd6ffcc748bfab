import type { AttentionReason } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { Timestamp } from '../../domain/time.ts'
import { isClaimedBy, leaseEnd, released } from '../../jobs/lease.sql.ts'
import { type Lease, LeaseLostError } from '../../jobs/lease.ts'

/** The key of a task, and the claim under which a worker may write. */
export interface TaskClaim {
  merchant_id: string
  livemode: boolean
  payment_id: string
  kind: TaskKind
  lease: Lease
}

/** A task that a worker has claimed. */
export interface ClaimedTask extends TaskClaim {
  due_at: Timestamp
  /** Failures in a row. A success, a new plan and a message of the processor reset them. */
  failures: number
  /** The time since the task was planned, in seconds of real time. */
  age_seconds: number
  /** How far the merchant's test clock is ahead of real time, in seconds. */
  offset_seconds: number
  /** The time of the claim, by the database's clock. */
  taken_at: Timestamp
  /** When the task was planned, by the merchant's clock. */
  waiting_since: Timestamp
  /** When its current failures began, by the merchant's clock; `null`: it does not fail. */
  failing_since: Timestamp | null
  /** Why the payment needs attention because of this task, and since when. */
  attention: AttentionReason | null
  attention_since: Timestamp | null
}

/** Extends the leases of tasks in progress, except those that another worker has claimed since. */
export async function renewLeases(
  db: Db,
  { tasks, leaseSeconds }: { tasks: readonly TaskClaim[]; leaseSeconds: number },
): Promise<void> {
  if (tasks.length === 0) return
  await sql`
    update payment_tasks t set leased_until = ${leaseEnd(leaseSeconds)}
    from unnest(${tasks.map((task) => task.merchant_id)}::text[],
        ${tasks.map((task) => task.livemode)}::boolean[],
        ${tasks.map((task) => task.payment_id)}::text[],
        ${tasks.map((task) => task.kind)}::text[],
        ${tasks.map((task) => task.lease)}::text[])
      as c (merchant_id, livemode, payment_id, kind, lease)
    where t.merchant_id = c.merchant_id and t.livemode = c.livemode
      and t.payment_id = c.payment_id and t.kind = c.kind and t.lease = c.lease`.execute(db)
}

/**
 * Ends a task. If it was requested again since the claim, releases it instead: it is due already, and
 * waits anew.
 */
export async function finishTask(db: Db, task: ClaimedTask): Promise<void> {
  await sql`
    with claimed as materialized (
      select t.planned_again from payment_tasks t where ${isClaimed(task)} for update
    ), ended as (
      delete from payment_tasks t using claimed
      where ${isClaimed(task)} and not claimed.planned_again
    )
    update payment_tasks t set ${released}, failing_since = null, attention = null,
      attention_since = null,
      waiting_since = date_trunc('second', now()) + make_interval(secs => ${task.offset_seconds})
    from claimed where ${isClaimed(task)} and claimed.planned_again`.execute(db)
}

/** What a postponed task waits for. */
export interface Postponement {
  readonly task: TaskClaim
  readonly result: 'pending' | 'failed'
  readonly dueAt: Timestamp
  readonly failingSince: Timestamp | null
  /** Why the payment needs attention, and since when. */
  readonly attention: { readonly reason: AttentionReason; readonly since: Timestamp } | null
}

/**
 * Releases a task until `dueAt`. If it was requested again since the claim, it is due when that
 * request said. `failed` counts one more failure, `pending` resets the failures.
 *
 * @returns `false` where the claim is lost. Nothing is changed then.
 */
export async function postponeTask(db: Db, postponed: Postponement): Promise<boolean> {
  const { task, result, dueAt, failingSince, attention } = postponed
  const failures = result === 'failed' ? sql`t.failures + 1` : sql`0`
  const { rows } = await sql`
    update payment_tasks t
    set due_at = case when t.planned_again then t.due_at else ${dueAt}::timestamptz end,
      failures = case when t.planned_again then 0 else ${failures} end,
      failing_since = ${failingSince}::timestamptz,
      attention = ${attention?.reason ?? null}::text,
      attention_since = ${attention?.since ?? null}::timestamptz,
      ${released}
    where ${isClaimed(task)}
    returning t.kind`.execute(db)
  return rows.length > 0
}

/**
 * Locks the payment of a task, then the task, until the transaction ends.
 *
 * @throws {LeaseLostError} where the task was claimed by another worker, planned anew or ended.
 */
export async function lockClaimedTask(tx: Db, task: TaskClaim): Promise<void> {
  const { rows } = await sql`
    with p as materialized (
      select merchant_id, livemode, id from payments
      where merchant_id = ${task.merchant_id} and livemode = ${task.livemode}
        and id = ${task.payment_id}
      for no key update
    )
    select 1 from p cross join lateral (
      select from payment_tasks t where ${isClaimed(task)} and t.payment_id = p.id for update
    ) t`.execute(tx)
  if (rows.length === 0) throw new LeaseLostError()
}

/**
 * Selects one row while the claim is valid, for a statement that may write only then. The lock makes
 * another claim happen before or after the whole statement.
 */
export function claimedRow(task: TaskClaim): RawBuilder<unknown> {
  return sql`select 1 from payment_tasks t where ${isClaimed(task)} for share`
}

function isClaimed(task: TaskClaim): RawBuilder<unknown> {
  return sql`t.merchant_id = ${task.merchant_id} and t.livemode = ${task.livemode}
    and t.payment_id = ${task.payment_id} and t.kind = ${task.kind} and ${isClaimedBy('t', task.lease)}`
}
