import { cancelableStatuses } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'

/** The statuses that can be canceled, as an SQL list. They are constants of the contract. */
export const cancelableList = cancelableStatuses.map((status) => `'${status}'`).join(', ')

/** The input of `cancelRows`. All three fields are SQL text without values of a caller. */
export interface CancelSource {
  /**
   * The name of a CTE with one row per locked payment: `n` (their order), `merchant_id`, `livemode`,
   * `payment_id`, `seen_status`, `at` (the time of the cancel, not before the payment's last
   * change), `reason`, `actor_type`, `actor_id`.
   */
  readonly name: string
  /** Which rows `s` of the CTE and `p` of the payments are canceled, beyond the status. */
  readonly where: string
  /**
   * In a cluster, a condition on `p` that names the merchant and the mode as values. Empty on one
   * PostgreSQL.
   */
  readonly onNode?: string
  /** Further columns of `p` that the statement reads of the canceled payments. */
  readonly returning: readonly string[]
}

/**
 * The CTEs of every statement that cancels. `canceled` changes the rows, `canceled_events` writes one
 * event per row, and `canceled_voids` plans to void what may exist at the processor. A void is due at
 * once by the database's clock, because `at` comes from the clock of a process, which may be ahead.
 *
 * @returns SQL text. `canceled` has `n`, `merchant_id`, `livemode`, `id` and the columns of
 *   `returning`.
 */
export function cancelRows({ name, where, onNode = '', returning }: CancelSource): string {
  return `canceled as (
  update payments p
  set status = 'canceled', sequence = p.sequence + 1, canceled_at = s.at, updated_at = s.at,
    cancellation_reason = s.reason
  from ${name} s
  where p.merchant_id = s.merchant_id and p.livemode = s.livemode and p.id = s.payment_id
    and p.status in (${cancelableList}) and ${where}${onNode}
  returning s.n, p.merchant_id, p.livemode, p.id, p.sequence, p.processor, s.at, s.reason,
    s.seen_status, s.actor_type, s.actor_id${returning.map((column) => `, p.${column}`).join('')}
), canceled_events as (
  insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
    actor_id, from_status, to_status, reason)
  select merchant_id, livemode, id, sequence, 'payment.canceled', at, actor_type, actor_id,
    seen_status, 'canceled', reason
  from canceled order by n
), canceled_voids as (
  insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at, waiting_since)
  select merchant_id, livemode, id, 'void', date_trunc('second', now()), at
  from canceled where processor is not null
  on conflict do nothing
)`
}

/** Stands for `onNode` until its values are bound. */
const nodePlace = '/* node */'

/** `cancelRows` for a statement that binds its values: `onNode` is a fragment of it. */
export function cancelRowsOn(
  source: Omit<CancelSource, 'onNode'>,
  onNode: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const [before = '', after = ''] = cancelRows({ ...source, onNode: nodePlace }).split(nodePlace)
  return sql`${sql.raw(before)} ${onNode}${sql.raw(after)}`
}
