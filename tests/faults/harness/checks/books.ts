import type { Sql } from '../../../support/databases/sql.ts'
import { eventsOnce } from '../../../support/payments/lifecycle.ts'

/** Reads: of a pool, or of one transaction in which a test has planted something. */
export type Query = Sql['query']

/** What must not exist, as statements that return it: nothing doubled, nothing lost on the way. */
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
  'the processor moved no more than its refunds say': `
    select m.payment_id, m.moved, coalesce(r.given, 0) as given from (
      select merchant_id, payment_id, sum(amount) as moved from sandbox_movements
      where kind = 'refund' group by 1, 2) m
    left join (select merchant_id, payment_id, sum(amount) as given from sandbox_refunds
      group by 1, 2) r using (merchant_id, payment_id)
    where m.moved is distinct from r.given`,
  'the processor gave no refund that we do not know': `
    select s.refund_id from sandbox_refunds s
      left join refunds r on r.merchant_id = s.merchant_id and r.payment_id = s.payment_id
        and r.id = s.refund_id and r.amount = s.amount
      left join payments p on p.merchant_id = s.merchant_id and p.id = s.refund_id
        and p.status = 'canceled'
    where r.id is null and p.id is null`,
  'nobody gave back more than was paid': `
    select payment_id, sum(amount) filter (where kind = 'capture') as taken,
      sum(amount) filter (where kind = 'refund') as given from sandbox_movements
    group by merchant_id, payment_id
    having coalesce(sum(amount) filter (where kind = 'refund'), 0)
      > coalesce(sum(amount) filter (where kind = 'capture'), 0)`,
}

/** The same for what is lost, once nothing is on the way any more. */
export const lost: Readonly<Record<string, string>> = {
  'what succeeded here as a refund was given there': `
    select r.id from refunds r left join sandbox_refunds s on s.merchant_id = r.merchant_id
      and s.refund_id = r.id
    where r.status = 'succeeded' and s.refund_id is null`,
  'no refund waits for its answer': `select id from refunds where status = 'pending'`,
  'no cancellation of many is unfinished': `
    select id, status, processed, total from cancellations
    where status in ('pending', 'running') or processed <> total`,
}

/** And for what contradicts itself. */
export const wrong: Readonly<Record<string, string>> = {
  'the ledger sums to zero': `
    select currency, sum(amount) from ledger_entries group by currency having sum(amount) <> 0`,
  'each payment of the ledger sums to zero': `
    select payment_id from ledger_entries group by merchant_id, livemode, payment_id
    having sum(amount) <> 0`,
  'the ledger holds at the processor what the processor holds': `
    select p.id, coalesce(l.kept, 0) as here, coalesce(m.kept, 0) as there from payments p
      left join (select merchant_id, payment_id, sum(amount) as kept from ledger_entries
        where account = 'processor' group by 1, 2) l
        on l.merchant_id = p.merchant_id and l.payment_id = p.id
      left join (select merchant_id, payment_id, sum(case kind when 'capture' then amount
          when 'refund' then -amount else 0 end) as kept from sandbox_movements group by 1, 2) m
        on m.merchant_id = p.merchant_id and m.payment_id = p.id
    where coalesce(l.kept, 0) <> coalesce(m.kept, 0)`,
  'a canceled payment was captured only where that was done by hand': `
    select p.id, p.payment_method_token from payments p join sandbox_movements m
      on m.merchant_id = p.merchant_id and m.payment_id = p.id and m.kind = 'capture'
    where p.status = 'canceled' and p.payment_method_token <> 'tok_capturedByHand'`,
  'a step has one event': `
    select subject_id, type, count(*) from events
    where type in (${[...eventsOnce, 'payment.settled'].map((type) => `'${type}'`).join(', ')})
    group by merchant_id, livemode, subject_id, type having count(*) > 1`,
}

/** A payment, as far as what its clients were told can be compared with it. */
export interface PaymentNow {
  readonly id: string
  readonly status: string
  readonly reason: string | null
  readonly canceled_at: string | null
  readonly refunded_amount: number
  readonly create_key: string | null
}

export async function readPayments(query: Query): Promise<Map<string, PaymentNow>> {
  const rows = await query<PaymentNow>(
    `select id, status, cancellation_reason as reason, refunded_amount,
      to_char(canceled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as canceled_at,
      metadata ->> 'create' as create_key
     from payments`,
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Refunds by the key that they were asked for with. */
export async function readRefunds(
  query: Query,
): Promise<Map<string, { payment_id: string; amount: number }>> {
  const rows = await query<{ key: string; payment_id: string; amount: number }>(
    `select metadata ->> 'refund' as key, payment_id, amount from refunds
     where metadata ? 'refund'`,
  )
  return new Map(rows.map((row) => [row.key, row]))
}

/** What came of the payments of each cancellation of many. */
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

/** Webhooks that are still to be sent, or have failed. */
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

/** Whether nothing is going to happen within a minute, by the merchants' clocks. */
export async function hasNothingDue(query: Query): Promise<boolean> {
  const [row] = await query(
    `select not exists (select from payment_tasks t
      left join test_clocks c on c.merchant_id = t.merchant_id and not t.livemode
      where t.due_at <= now() + interval '1 minute'
        + make_interval(secs => coalesce(c.offset_seconds, 0))) as quiet`,
  )
  return row.quiet
}
