import type { AttentionReason } from '@hedgepayments/contract'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { isServedHere } from '../../jobs/lease.sql.ts'

/** A task because of which a payment needs attention. */
export interface OpenAttention {
  readonly kind: TaskKind
  readonly reason: AttentionReason
  readonly since: Timestamp
}

/** Why a payment needs attention, the longest first. Lock the payment before to resolve it. */
export async function findAttention(
  db: Db,
  { account, paymentId }: { account: Account; paymentId: string },
): Promise<OpenAttention[]> {
  const { rows } = await sql<OpenAttention>`
    select kind, attention as reason, attention_since as since from payment_tasks
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and payment_id = ${paymentId} and attention is not null
    order by attention_since, kind`.execute(db)
  return rows
}

/**
 * Whether a payment needs attention, as a condition on `payments`. The ids are read from the partial
 * index of such tasks, however many payments there are. *Rejected:* `exists`, for which the planner may
 * read all payments of a merchant where none needs attention.
 */
export function needsAttention({ merchantId, livemode }: Account): RawBuilder<SqlBool> {
  return sql<SqlBool>`payments.id = any(array(
    select t.payment_id from payment_tasks t
    where t.merchant_id = ${merchantId} and t.livemode = ${livemode} and t.attention is not null))`
}

/** Most tasks that are counted: beyond it, the exact number does not matter. */
const countedMax = 50_000

/** How many payments need attention for a reason, and for how long the first of them. */
export interface AttentionCount {
  readonly reason: AttentionReason
  readonly livemode: boolean
  readonly count: number
  readonly seconds: number
}

/** Counts the payments of all merchants that need attention. Reads the index of their tasks only. */
export async function countAttention(db: Db): Promise<AttentionCount[]> {
  const { rows } = await sql<AttentionCount>`
    select t.attention as reason, t.livemode, count(*)::integer as count,
      greatest(0, extract(epoch from max(
        now() + make_interval(secs => coalesce(c.offset_seconds, 0)) - t.attention_since
      )))::double precision as seconds
    from (
      select merchant_id, livemode, attention, attention_since from payment_tasks
      where attention is not null and ${isServedHere('payment_tasks')} limit ${countedMax}
    ) t left join test_clocks c on c.merchant_id = t.merchant_id and not t.livemode
    group by t.attention, t.livemode`.execute(db)
  return rows
}
