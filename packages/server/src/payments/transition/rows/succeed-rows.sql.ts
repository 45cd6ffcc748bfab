import { statusesBefore } from '../../../domain/lifecycle.ts'
import { captureTransfers } from '../../../ledger/capture-rows.sql.ts'

/** The statuses before a payment succeeds, as an SQL list. They are constants of the contract. */
export const capturableList = statusesBefore('succeeded')
  .map((status) => `'${status}'`)
  .join(', ')

/** The input of `succeedRows`. All fields are SQL text without values of a caller. */
interface SucceedSource {
  /**
   * The name of a CTE with one row for each locked payment whose money was captured: `merchant_id`,
   * `livemode`, `payment_id`, `seen_status`, `seen_sequence`, `at` (the time of the step, not before the
   * payment's last change), `captured_amount`, `fee`, `reference` (the processor's id), `state` (the
   * columns of the payment after the step, as its event stores them), `n` (their order).
   */
  readonly name: string
  /** When the settlement is looked up first, in seconds after the capture. */
  readonly settleAfterSeconds: number
  /** In a cluster, a condition on the payments `p`. Empty on one PostgreSQL. */
  readonly onNode: string
}

/**
 * The CTEs by which payments succeed. `succeeded` changes the rows, `succeeded_events` writes one event for
 * each, `posted` the entries of the ledger, and `planned_settlements` plans the look-ups of the settlements
 * (as `planTask` does, by the database's clock and the merchant's test clock).
 *
 * @returns SQL text. `succeeded` has `n`.
 */
export function succeedRows({ name, settleAfterSeconds, onNode }: SucceedSource): string {
  return `succeeded as (
  update payments p
  set status = 'succeeded', sequence = p.sequence + 1, updated_at = s.at,
    processor_reference = coalesce(p.processor_reference, s.reference),
    captured_amount = s.captured_amount, fee = s.fee, net_amount = s.captured_amount - s.fee
  from ${name} s
  where p.merchant_id = s.merchant_id and p.livemode = s.livemode and p.id = s.payment_id
    and p.status in (${capturableList}) and p.sequence = s.seen_sequence${onNode}
  returning s.n, p.merchant_id, p.livemode, p.id, p.sequence, p.status, p.processor, p.captured_amount,
    p.fee, p.currency, p.updated_at, s.seen_status, s.state
), succeeded_events as (
  insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
    actor_id, from_status, to_status, state)
  select merchant_id, livemode, id, sequence, 'payment.succeeded', updated_at, 'processor', processor,
    seen_status, status, state
  from succeeded order by n
), ${captureTransfers('succeeded')}, planned_settlements as (
  insert into payment_tasks as t (merchant_id, livemode, payment_id, kind, due_at, waiting_since)
  select s.merchant_id, s.livemode, s.id, 'settle', s.now + make_interval(secs => ${settleAfterSeconds}),
    s.now
  from (
    select s.*, date_trunc('second', now()) + make_interval(secs => coalesce(c.offset_seconds, 0)) as now
    from succeeded s left join test_clocks c on c.merchant_id = s.merchant_id and not s.livemode
  ) s
  on conflict (merchant_id, livemode, payment_id, kind) do update
    set due_at = excluded.due_at, failures = 0, waiting_since = excluded.waiting_since,
      failing_since = null, attention = null, attention_since = null, lease = null, leased_until = null
)`
}
