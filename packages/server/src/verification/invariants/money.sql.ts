import { statusesBeforeEvent } from '@hedgepayments/contract'
import { type Invariant, listOf } from './invariant.ts'

/** Statuses in which the processor has the payment's money. */
const withMoney = listOf(statusesBeforeEvent('payment.settled'))

const action =
  'compare the payment, its refunds and its ledger entries with a backup and with the processor'

/** The sums of the refunds of each payment, by its id. */
const refundsOfPayments = `
  select merchant_id, livemode, payment_id as id, count(*) as count,
    sum(amount) filter (where status <> 'failed') as counted,
    sum(amount) filter (where status = 'succeeded') as paid
  from refunds group by 1, 2, 3`

/** What is true of refunds and the ledger. */
export const money: readonly Invariant[] = [
  {
    name: 'paid_once',
    guarantee: 'the customer pays at most once by a link',
    action: 'refund all but one of the payments of the link',
    text: `
      select p.id, count(*) from payments p cross join lateral (
        select p.id, p.status union all
        select r.id, r.status from all_payments r where r.merchant_id = p.merchant_id
          and r.livemode = p.livemode and r.retry_of = p.id) paid
      where p.retry_of is null and paid.status <> 'failed'
      group by p.merchant_id, p.livemode, p.id having count(*) > 1`,
  },
  {
    name: 'refunded_amounts',
    guarantee: 'the refunded amount of a payment is the sum of its refunds that have not failed',
    action,
    text: `
      select p.id, p.status, p.refunded_amount, p.refund_count, r.counted, r.count
      from payments p left join (${refundsOfPayments}) r using (merchant_id, livemode, id)
      where p.refunded_amount <> coalesce(r.counted, 0) or p.refund_count <> coalesce(r.count, 0)
        or p.status in ('succeeded', 'partially_refunded', 'refunded') and p.status <> case
          when p.refunded_amount = 0 then 'succeeded'
          when p.refunded_amount < p.captured_amount then 'partially_refunded' else 'refunded' end`,
  },
  {
    name: 'ledger_of_payments',
    guarantee: 'the ledger contains what was captured, the fee, and each refund',
    action,
    text: `
      select p.id, l.processor, l.refunds, l.fees, l.merchant from payments p
        left join (${refundsOfPayments}) r using (merchant_id, livemode, id)
        left join (select merchant_id, livemode, payment_id as id,
            sum(amount) filter (where account = 'processor') as processor,
            sum(amount) filter (where account = 'refunds') as refunds,
            sum(amount) filter (where account = 'fees') as fees,
            sum(amount) filter (where account like 'merchant%') as merchant
          from ledger_entries where kind not like 'dispute%' group by 1, 2, 3) l
          using (merchant_id, livemode, id)
      where coalesce(l.processor, 0) <> p.captured_amount - coalesce(r.paid, 0)
        or coalesce(l.refunds, 0) <> coalesce(r.paid, 0) - p.refunded_amount
        or coalesce(l.fees, 0) <> -coalesce(p.fee, 0)
        or coalesce(l.merchant, 0) <> p.refunded_amount + coalesce(p.fee, 0) - p.captured_amount`,
  },
  {
    name: 'ledger_events',
    guarantee: 'each transfer of the ledger belongs to an event of its payment',
    action,
    text: `
      select t.payment_id as id, t.event_sequence, t.kind from ledger_transfers t
      where not exists (select from all_events e where e.merchant_id = t.merchant_id
        and e.livemode = t.livemode and e.subject_id = t.payment_id
        and e.sequence = t.event_sequence)`,
  },
  {
    name: 'returned_payments',
    guarantee: 'a payment that has failed after its capture was returned, once, by a dispute',
    action,
    text: `
      select p.id, p.status, p.net_amount, r.count from payments p cross join lateral (
          select count(*) from all_events e where e.merchant_id = p.merchant_id
            and e.livemode = p.livemode and e.subject_id = p.id and e.type = 'payment.returned') r
      where r.count <> (p.status = 'failed' and p.captured_amount > 0)::integer
        or r.count = 1 and (p.net_amount is distinct from -p.fee or not exists (
          select from disputes d where d.merchant_id = p.merchant_id and d.livemode = p.livemode
            and d.payment_id = p.id and d.status in ('lost', 'won')))`,
  },
  {
    name: 'returned_balances',
    guarantee: 'nothing of a returned payment is pending',
    action,
    text: `
      select l.payment_id as id, sum(l.amount) from ledger_entries l join payments p
        on p.merchant_id = l.merchant_id and p.livemode = l.livemode and p.id = l.payment_id
      where p.status = 'failed' and l.account = 'merchant_pending'
      group by l.merchant_id, l.livemode, l.payment_id having sum(l.amount) <> 0`,
  },
  {
    name: 'mandate_acceptances',
    guarantee: 'an acceptance of a mandate is stored only until the debit is sent',
    action: 'delete these rows of mandate_acceptances: they are personal data without a use',
    text: `
      select p.id, p.status from payments p join all_acceptances a
        on a.merchant_id = p.merchant_id and a.livemode = p.livemode and a.payment_id = p.id
      where p.status in (${withMoney})`,
  },
]
