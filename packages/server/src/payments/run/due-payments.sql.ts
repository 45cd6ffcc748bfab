import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import { cancelRows } from '../transition/cancel-rows.sql.ts'

/** A task that is due, and what time it is for its merchant. */
export interface DueTask {
  readonly task: ClaimedTask
  readonly now: Timestamp
}

/**
 * The point of no return, for many payments in one statement: those whose undo window has ended go
 * from `initiated` to `processing`, with their event and the task to capture them. Only what this
 * statement has moved is ever captured; one that was canceled first is left alone, and its task
 * goes. Rows are locked in the order of their keys, as everywhere.
 */
export async function processDue(db: Kysely<Schema>, due: readonly DueTask[]): Promise<void> {
  await sql`
    with ${dueRows(due)}, moved as (
      update payments p
      set status = 'processing', sequence = p.sequence + 1, updated_at = l.at
      from locked l
      where p.merchant_id = l.merchant_id and p.livemode = l.livemode and p.id = l.payment_id
        and p.status = any(${statusesBefore('processing')}::text[])
        and p.cancelable_until <= l.now
      returning p.*, l.seen_status, l.now
    ), noted as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, from_status, to_status, state)
      select merchant_id, livemode, id, sequence, 'payment.processing', updated_at, 'system',
        seen_status, status, jsonb_build_object('status', status, 'cancelable_until',
          to_char(cancelable_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
      from moved order by merchant_id, livemode, id
    ), planned as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
      select merchant_id, livemode, id, 'capture', now from moved
      on conflict do nothing
    )
    ${dropDone(statusesBefore('processing'))}`.execute(db)
}

const cancelUnpaid = cancelRows({
  name: 'unpaid',
  where: "s.seen_status = 'pending' and p.expires_at <= s.now",
  returning: [],
})

/**
 * Cancels payments that were not paid in time: `pending` past their `expires_at`, by the system,
 * with one event each.
 */
export async function expireDue(db: Kysely<Schema>, due: readonly DueTask[]): Promise<void> {
  await sql`
    with ${dueRows(due)}, unpaid as (
      select *, row_number() over (order by merchant_id, livemode, payment_id) as n,
        'expired' as reason, 'system' as actor_type, null::text as actor_id
      from locked
    ), ${sql.raw(cancelUnpaid)}, moved as (select * from canceled)
    ${dropDone(statusesBefore('initiated'))}`.execute(db)
}

/**
 * The due tasks that are still held, with their payments: each payment is locked, then its task, in
 * the order of the payments' keys. A task that another worker has claimed is left to that one.
 */
function dueRows(due: readonly DueTask[]) {
  const sorted = [...due].sort((a, b) => (keyOf(a.task) < keyOf(b.task) ? -1 : 1))
  return sql`due as materialized (
      select * from unnest(${sorted.map(({ task }) => task.merchant_id)}::text[],
        ${sorted.map(({ task }) => task.livemode)}::boolean[],
        ${sorted.map(({ task }) => task.payment_id)}::text[],
        ${sorted.map(({ task }) => task.kind)}::text[],
        ${sorted.map(({ task }) => task.lease)}::text[],
        ${sorted.map(({ now }) => now)}::timestamptz[])
        as d (merchant_id, livemode, payment_id, kind, lease, now)
    ), locked as materialized (
      select d.*, p.status as seen_status, greatest(d.now, p.updated_at) as at
      from due d cross join lateral (
        select p.id, p.status, p.updated_at from payments p
        where p.merchant_id = d.merchant_id and p.livemode = d.livemode and p.id = d.payment_id
        for no key update
      ) p cross join lateral (
        select from payment_tasks t
        where t.merchant_id = d.merchant_id and t.livemode = d.livemode
          and t.payment_id = p.id and t.kind = d.kind and t.lease = d.lease
        for update
      ) t
    )`
}

/** Tasks whose payment has left the status, by this statement or before it. */
function dropDone(waiting: readonly string[]) {
  return sql`delete from payment_tasks t using locked l
    where t.merchant_id = l.merchant_id and t.livemode = l.livemode
      and t.payment_id = l.payment_id and t.kind = l.kind
      and (l.seen_status <> all(${waiting}::text[]) or exists (
        select from moved m where m.merchant_id = l.merchant_id and m.livemode = l.livemode
          and m.id = l.payment_id))`
}

function keyOf(task: ClaimedTask): string {
  return `${task.merchant_id} ${task.livemode} ${task.payment_id}`
}
