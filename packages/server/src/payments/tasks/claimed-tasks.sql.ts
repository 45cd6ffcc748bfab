import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { Timestamp } from '../../domain/time.ts'
import { leaseEnd } from '../../jobs/lease.sql.ts'
import { type Lease, LeaseLostError } from '../../jobs/lease.ts'

type Db = Kysely<Schema>

/** A task by its key, and the claim that holds it. */
export interface HeldTask {
  merchant_id: string
  livemode: boolean
  payment_id: string
  kind: TaskKind
  lease: Lease
}

/** A task that a worker has claimed. */
export interface ClaimedTask extends HeldTask {
  due_at: Timestamp
  /** Failures in a row. A success, a new plan and a message of the processor end them. */
  failures: number
  /** For how long the task has been planned, in real time. */
  age_seconds: number
  /** How far the merchant's clock is ahead of the real one. */
  offset_seconds: number
  /** When it was claimed, by the database's clock. */
  taken_at: Timestamp
}

/** Keeps tasks that are still in progress. A task that another worker has claimed stays that one's. */
export async function renewLeases(
  db: Db,
  { tasks, leaseSeconds }: { tasks: readonly HeldTask[]; leaseSeconds: number },
): Promise<void> {
  if (tasks.length === 0) return
  await sql`
    update payment_tasks t set leased_until = ${leaseEnd(leaseSeconds)}
    from unnest(${tasks.map((task) => task.merchant_id)}::text[],
        ${tasks.map((task) => task.livemode)}::boolean[],
        ${tasks.map((task) => task.payment_id)}::text[],
        ${tasks.map((task) => task.kind)}::text[],
        ${tasks.map((task) => task.lease)}::text[])
      as h (merchant_id, livemode, payment_id, kind, lease)
    where t.merchant_id = h.merchant_id and t.livemode = h.livemode
      and t.payment_id = h.payment_id and t.kind = h.kind and t.lease = h.lease`.execute(db)
}

/** Ends a task. One that was requested again meanwhile is released: it is due already. */
export async function finishTask(db: Db, task: HeldTask): Promise<void> {
  await sql`
    with held as materialized (
      select t.planned_again from payment_tasks t where ${isHeld(task)} for update
    ), ended as (
      delete from payment_tasks t using held where ${isHeld(task)} and not held.planned_again
    )
    update payment_tasks t set lease = null, leased_until = null
    from held where ${isHeld(task)} and held.planned_again`.execute(db)
}

/**
 * Releases a task until `dueAt`: it is still `pending`, or has `failed` once more. One that was
 * requested again meanwhile is due when that request said.
 */
export async function postponeTask(
  db: Db,
  { task, result, dueAt }: { task: HeldTask; result: 'pending' | 'failed'; dueAt: Timestamp },
): Promise<void> {
  const failures = result === 'failed' ? sql`t.failures + 1` : sql`0`
  await sql`
    update payment_tasks t
    set due_at = case when t.planned_again then t.due_at else ${dueAt}::timestamptz end,
      failures = case when t.planned_again then 0 else ${failures} end,
      lease = null, leased_until = null
    where ${isHeld(task)}`.execute(db)
}

/**
 * Locks the payment of a task, then the task, until the transaction ends.
 *
 * @throws {LeaseLostError} where the task was claimed by another worker, planned anew or ended.
 */
export async function lockHeldTask(tx: Db, task: HeldTask): Promise<void> {
  const { rows } = await sql`
    with p as materialized (
      select merchant_id, livemode, id from payments
      where merchant_id = ${task.merchant_id} and livemode = ${task.livemode}
        and id = ${task.payment_id}
      for no key update
    )
    select 1 from p cross join lateral (
      select from payment_tasks t where ${isHeld(task)} and t.payment_id = p.id for update
    ) t`.execute(tx)
  if (rows.length === 0) throw new LeaseLostError()
}

/**
 * One row while the claim holds its task, for a statement that may only write then. The lock makes
 * another claim come before the whole statement or after it.
 */
export function heldRow(task: HeldTask): RawBuilder<unknown> {
  return sql`select 1 from payment_tasks t where ${isHeld(task)} for share`
}

function isHeld(task: HeldTask): RawBuilder<unknown> {
  return sql`t.merchant_id = ${task.merchant_id} and t.livemode = ${task.livemode}
    and t.payment_id = ${task.payment_id} and t.kind = ${task.kind} and t.lease = ${task.lease}`
}
