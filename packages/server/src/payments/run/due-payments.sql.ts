import { type RawBuilder, sql } from 'kysely'
import { onNode } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { accountOf } from '../../domain/account.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import { comparePaymentKeys, type PaymentKey } from '../../domain/payment-key.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import { type CancelSource, cancelRowsOn } from '../transition/rows/cancel-rows.sql.ts'
import { processRows } from '../transition/rows/process-rows.sql.ts'

/** A task that is due, with the merchant's time. */
export interface DueTask {
  readonly task: ClaimedTask
  readonly now: Timestamp
}

/**
 * The point of no return, for many payments in one statement: payments whose undo window has ended go
 * from `initiated` to `processing`. Only payments that this statement has moved are ever captured. It
 * deletes the tasks of payments that were canceled first, and leaves these payments alone.
 */
export async function processDue(db: Db, due: readonly DueTask[]): Promise<void> {
  const nodeOf = nodesOf(db, due)
  await sql`
    with ${dueRows(due, nodeOf)}, ${processRows(nodeOf('p'))}
    ${dropDone(statusesBefore('processing'), nodeOf('t'))}`.execute(db)
}

const unpaid: CancelSource = {
  name: 'unpaid',
  where: "s.seen_status = 'pending' and p.expires_at <= s.now",
  returning: [],
}

/**
 * Cancels payments that were not paid in time: those that are `pending` after their `expires_at`.
 * The actor is the system.
 */
export async function expireDue(db: Db, due: readonly DueTask[]): Promise<void> {
  const nodeOf = nodesOf(db, due)
  await sql`
    with ${dueRows(due, nodeOf)}, unpaid as (
      select *, row_number() over (order by merchant_id, livemode, payment_id) as n,
        'expired' as reason, 'system' as actor_type, null::text as actor_id
      from locked
    ), ${cancelRowsOn(unpaid, nodeOf('p'))}, moved as (select * from canceled)
    ${dropDone(statusesBefore('initiated'), nodeOf('t'))}`.execute(db)
}

/** The condition `onNode` on the rows of a name. */
type NodeOf = (name: string) => RawBuilder<unknown>

/** In a cluster, all tasks of a statement are of one account. */
function nodesOf(db: Db, due: readonly DueTask[]): NodeOf {
  const [first] = due
  return (name) => (first ? onNode(db, name, accountOf(first.task)) : sql``)
}

/**
 * The CTEs `due` and `locked`: the due tasks with their payments. Each payment is locked, then its
 * task, in the order of the payments' keys, as in all statements. Tasks that another worker has
 * claimed since are left out.
 */
function dueRows(due: readonly DueTask[], nodeOf: NodeOf) {
  const sorted = due.toSorted((a, b) => comparePaymentKeys(keyOf(a.task), keyOf(b.task)))
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
          ${nodeOf('p')}
        for no key update
      ) p cross join lateral (
        select from payment_tasks t
        where t.merchant_id = d.merchant_id and t.livemode = d.livemode
          and t.payment_id = p.id and t.kind = d.kind and t.lease = d.lease
          ${nodeOf('t')}
        for update
      ) t
    )`
}

/** Deletes the tasks whose payments have left the statuses `waiting`, now or before. */
function dropDone(waiting: readonly string[], onNode: RawBuilder<unknown>) {
  return sql`delete from payment_tasks t using locked l
    where t.merchant_id = l.merchant_id and t.livemode = l.livemode
      and t.payment_id = l.payment_id and t.kind = l.kind ${onNode}
      and (l.seen_status <> all(${waiting}::text[]) or exists (
        select from moved m where m.merchant_id = l.merchant_id and m.livemode = l.livemode
          and m.id = l.payment_id))`
}

function keyOf(task: ClaimedTask): PaymentKey {
  return { ...accountOf(task), paymentId: task.payment_id }
}
