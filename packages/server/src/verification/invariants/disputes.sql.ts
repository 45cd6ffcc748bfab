import type { Invariant } from './invariant.ts'

const action = "compare the disputes (hedge disputes list) with those in the processor's dashboard"

/** What is true of disputes. */
export const disputes: readonly Invariant[] = [
  {
    name: 'disputed_payments',
    guarantee: 'a payment is disputed exactly while it has a dispute that is not won',
    action,
    text: `
      select p.id, p.disputed from payments p
      where p.disputed <> (p.captured_amount > 0 and exists (
        select from disputes d where d.merchant_id = p.merchant_id and d.livemode = p.livemode
          and d.payment_id = p.id and d.status <> 'won'))`,
  },
  {
    name: 'withdrawn_amounts',
    guarantee: 'a dispute that is won withdraws nothing, and any other at most its amount',
    action,
    text: `
      select payment_id as id, id as dispute_id, status, amount, withdrawn_amount from disputes
      where withdrawn_amount > case status when 'won' then 0 else amount end`,
  },
  {
    name: 'ledger_of_disputes',
    guarantee:
      'the ledger has withdrawn the disputed amounts and the fees, and returned those that were won',
    action,
    text: `
      select payment_id as id, l.amount, d.amount as withdrawn, l.fee, d.fee as fees from (
        select merchant_id, livemode, payment_id, sum(d.fee) as fee,
          sum(case when p.captured_amount = 0 then 0 else d.withdrawn_amount end) as amount
        from disputes d join (select merchant_id, livemode, id as payment_id, captured_amount from payments) p
          using (merchant_id, livemode, payment_id)
        group by merchant_id, livemode, payment_id) d
      full join (
        select merchant_id, livemode, payment_id,
          sum(case kind when 'dispute' then amount when 'dispute_returned' then -amount
            else 0 end) as amount,
          sum(case kind when 'dispute_fee' then amount when 'dispute_fee_returned' then -amount
            else 0 end) as fee
        from ledger_transfers where kind like 'dispute%'
        group by merchant_id, livemode, payment_id) l using (merchant_id, livemode, payment_id)
      where coalesce(l.amount, 0) <> coalesce(d.amount, 0) or coalesce(l.fee, 0) <> coalesce(d.fee, 0)`,
  },
  {
    name: 'events_of_disputes',
    guarantee: 'a dispute is created by one event, and has the state of its last event',
    action,
    text: `
      select d.payment_id as id, d.id as dispute_id, d.status, e.types, e.status as told
      from disputes d cross join lateral (
        select array_agg(type order by sequence) as types,
          (array_agg(state -> 'data' ->> 'status' order by sequence desc))[1] as status
        from all_events e where e.merchant_id = d.merchant_id and e.livemode = d.livemode
          and e.subject_id = d.payment_id and e.state -> 'data' ->> 'id' = d.id) e
      where array_positions(e.types, 'dispute.created') is distinct from array[1]
        or e.status is distinct from d.status`,
  },
  {
    name: 'refunds_of_disputed_payments',
    guarantee: 'nobody requests a refund of a disputed payment',
    action,
    text: `
      select subject_id as id, sequence from events where type = 'payment.refunded'
        and actor_type = 'api_key' and (state ->> 'disputed')::boolean`,
  },
]
