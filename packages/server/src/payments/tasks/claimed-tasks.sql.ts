import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { TaskKind, TaskProblem } from '../../database/task-rows.ts'
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

/** Ends a task. If it was requested again since the claim, releases it instead: it is due already. */
export async function finishTask(db: Db, task: TaskClaim): Promise<void> {
  await sql`
    with claimed as materialized (
      select t.planned_again from payment_tasks t where ${isClaimed(task)} for update
    ), ended as (
      delete from payment_tasks t using claimed
      where ${isClaimed(task)} and not claimed.planned_again
    )
    update payment_tasks t set ${released}
    from claimed where ${isClaimed(task)} and claimed.planned_again`.execute(db)
}

/**
 * Releases a task until `dueAt`. If it was requested again since the claim, it is due when that
 * request said. `failed` counts one more failure, `pending` resets the failures. `problem` is stored, or the
 * earlier one removed.
 */
export async function postponeTask(
  db: Db,
  given: {
    task: TaskClaim
    result: 'pending' | 'failed'
    dueAt: Timestamp
    problem?: TaskProblem | undefined
  },
): Promise<void> {
  const { task, result, dueAt, problem = null } = given
  const failures = result === 'failed' ? sql`t.failures + 1` : sql`0`
  await sql`
    update payment_tasks t
    set due_at = case when t.planned_again then t.due_at else ${dueAt}::timestamptz end,
      failures = case when t.planned_again then 0 else ${failures} end,
      problem = ${problem}::text, ${released}
    where ${isClaimed(task)}`.execute(db)
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
