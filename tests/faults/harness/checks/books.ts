import type { Sql } from '../../../support/databases/sql.ts'
import { eventsOnce } from '../../../support/payments/lifecycle.ts'

/** Runs a query: on a pool, or in the transaction into which a test has planted a violation. */
export type Query = Sql['query']

/** Statements that return what happened twice although it must happen once, by the rule they check. */
export const doubled: Readonly<Record<string, string>> = {
  'a create made one payment': `
    select metadata ->> 'create' as key, count(*) from payments
    group by 1 having count(*) > 1`,
  'a refund was recorded once': `
    select metadata ->> 'refund' as key, count(*) from refunds
    where metadata ? 'refund' group by 1 having count(*) > 1`,
  'the processor gave each refund once': `
    select refund_id, count(*) from sandbox_refunds group by merchant_id, refund_id
    having count(*) > 1`,
  'the processor moved the sum of its refunds': `
    select m.payment_id, m.moved, coalesce(r.given, 0) as given from (
      select merchant_id, payment_id, sum(amount) as moved from sandbox_movements
      where kind = 'refund' group by 1, 2) m
    left join (select merchant_id, payment_id, sum(amount) as given from sandbox_refunds
      group by 1, 2) r using (merchant_id, payment_id)
    where m.moved is distinct from r.given`,
  'each refund of the processor is recorded': `
    select s.refund_id from sandbox_refunds s
      left join refunds r on r.merchant_id = s.merchant_id and r.payment_id = s.payment_id
        and r.id = s.refund_id and r.amount = s.amount
      left join payments p on p.merchant_id = s.merchant_id and p.id = s.refund_id
        and p.status = 'canceled'
    where r.id is null and p.id is null`,
  'refunds of a payment do not exceed its captures': `
    select payment_id, sum(amount) filter (where kind = 'capture') as taken,
      sum(amount) filter (where kind = 'refund') as given from sandbox_movements
    group by merchant_id, payment_id
    having coalesce(sum(amount) filter (where kind = 'refund'), 0)
      > coalesce(sum(amount) filter (where kind = 'capture'), 0)`,
}

/** Statements that return unfinished work. Valid only when no work is pending. */
export const lost: Readonly<Record<string, string>> = {
  'the processor has each refund that succeeded': `
    select r.id from refunds r left join sandbox_refunds s on s.merchant_id = r.merchant_id
      and s.refund_id = r.id
    where r.status = 'succeeded' and s.refund_id is null`,
  'no refund is pending': `select id from refunds where status = 'pending'`,
  'no bulk cancel is unfinished': `
    select id, status, processed, total from cancellations
    where status in ('pending', 'running') or processed <> total`,
}

/** Statements that return contradictions within Hedge's books, and between them and the processor's. */
export const wrong: Readonly<Record<string, string>> = {
  'the ledger sums to zero': `
    select currency, sum(amount) from ledger_entries group by currency having sum(amount) <> 0`,
  'each payment of the ledger sums to zero': `
    select payment_id from ledger_entries group by merchant_id, livemode, payment_id
    having sum(amount) <> 0`,
  'the ledger and the processor agree on the money at the processor': `
    select p.id, coalesce(l.kept, 0) as here, coalesce(m.kept, 0) as there from payments p
      left join (select merchant_id, payment_id, sum(amount) as kept from ledger_entries
        where account = 'processor' group by 1, 2) l
        on l.merchant_id = p.merchant_id and l.payment_id = p.id
      left join (select merchant_id, payment_id, sum(case kind when 'capture' then amount
          when 'refund' then -amount else 0 end) as kept from sandbox_movements group by 1, 2) m
        on m.merchant_id = p.merchant_id and m.payment_id = p.id
    where coalesce(l.kept, 0) <> coalesce(m.kept, 0)`,
  'a canceled payment was captured only if it was captured manually': `
    select p.id, p.payment_method_token from payments p join sandbox_movements m
      on m.merchant_id = p.merchant_id and m.payment_id = p.id and m.kind = 'capture'
    where p.status = 'canceled' and p.payment_method_token <> 'tok_capturedByHand'`,
  'a step has one event': `
    select subject_id, type, count(*) from events
    where type in (${[...eventsOnce, 'payment.settled'].map((type) => `'${type}'`).join(', ')})
    group by merchant_id, livemode, subject_id, type having count(*) > 1`,
}

/** The present state of a payment, to compare with the answers that clients got. */
export interface PaymentNow {
  readonly id: string
  readonly status: string
  readonly reason: string | null
  readonly canceled_at: string | null
  readonly refunded_amount: number
  readonly create_key: string | null
}

/** All payments by id. */
export async function readPayments(query: Query): Promise<Map<string, PaymentNow>> {
  const rows = await query<PaymentNow>(
    `select id, status, cancellation_reason as reason, refunded_amount,
      to_char(canceled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as canceled_at,
      metadata ->> 'create' as create_key
     from payments`,
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Refunds by the idempotency key of their request. */
export async function readRefunds(
  query: Query,
): Promise<Map<string, { payment_id: string; amount: number }>> {
  const rows = await query<{ key: string; payment_id: string; amount: number }>(
    `select metadata ->> 'refund' as key, payment_id, amount from refunds
     where metadata ? 'refund'`,
  )
  return new Map(rows.map((row) => [row.key, row]))
}

/** Outcomes of bulk cancels, by the cancellation's id and the payment's id. */
export async function readItems(query: Query): Promise<Map<string, string>> {
  const rows = await query<{ name: string; outcome: string }>(
    `select cancellation_id || ' ' || payment_id as name, coalesce(outcome, 'canceled') as outcome
     from cancellation_items`,
  )
  return new Map(rows.map((row) => [row.name, row.outcome]))
}

/** All events of payments. */
export async function readEvents(
  query: Query,
): Promise<{ subject_id: string; sequence: number; type: string }[]> {
  return await query(
    `select subject_id, sequence, type from events where subject_id like 'pay\\_%'`,
  )
}

/** Counts webhooks that are not sent yet, and those that have failed. */
export async function countUndelivered(query: Query): Promise<{ waiting: number; failed: number }> {
  const [row] = await query(
    `select count(*) filter (where status = 'pending')::integer as waiting,
      count(*) filter (where status = 'failed')::integer as failed from webhook_deliveries`,
  )
  const [relay] = await query(
    `select count(*)::integer as behind from events
     where position > (select position from event_relay)`,
  )
  return { waiting: row.waiting + relay.behind, failed: row.failed }
}

/** Whether no task is due within a minute, by the merchants' clocks. */
export async function hasNothingDue(query: Query): Promise<boolean> {
  const [row] = await query(
    `select not exists (select 1 from payment_tasks t
      left join test_clocks c on c.merchant_id = t.merchant_id and not t.livemode
      where t.due_at <= now() + interval '1 minute'
        + make_interval(secs => coalesce(c.offset_seconds, 0))) as quiet`,
  )
  return row.quiet
}
