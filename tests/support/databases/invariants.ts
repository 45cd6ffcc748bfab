import {
  eventTypes,
  firstStatus,
  isStep,
  type PaymentStatus,
  paymentStatuses,
  statusesBeforeEvent,
  waits,
} from '@hedgepayments/contract'
import type { Sql } from './sql.ts'

const list = (statuses: readonly PaymentStatus[]) =>
  statuses.map((status) => `'${status}'`).join(', ')

/** Statuses in which the processor has the payment's money, and in which it must not have it. */
const withMoney = list(statusesBeforeEvent('payment.settled'))
const withoutMoney = list(statusesBeforeEvent('payment.late_capture_refunded'))

/** Statuses that a worker moves on, and all statuses that are not final. */
const underway = list([
  ...statusesBeforeEvent('payment.processing'),
  ...statusesBeforeEvent('payment.succeeded'),
])
const open = `'${firstStatus}', ${underway}`

/** Every step of the contract's lifecycle, as rows of SQL. */
const steps = [null, ...paymentStatuses]
  .flatMap((from) =>
    eventTypes.flatMap((event) =>
      paymentStatuses
        .filter((to) => isStep({ event, from, to }))
        .map((to) => `(${from ? `'${from}'` : 'null::text'}, '${event}', '${to}')`),
    ),
  )
  .join(', ')

/** The sums of the refunds of each payment, by its id. */
const refundsOfPayments = `
  select merchant_id, livemode, payment_id as id, count(*) as count,
    sum(amount) filter (where status <> 'failed') as counted,
    sum(amount) filter (where status = 'succeeded') as paid
  from refunds group by 1, 2, 3`

/** The limits of the contract's waits, as rows of SQL. What a void waits for depends on its result. */
const limits = Object.entries(waits)
  .filter(([kind]) => kind !== 'late_refund')
  .map(([kind, { failingSeconds, undecidedSeconds }]) => {
    const limited = ['capture', 'refund', 'settle', 'dispute'].includes(kind) && undecidedSeconds
    const { card, ach, crypto } = limited || { card: null, ach: null, crypto: null }
    return `('${kind}', ${failingSeconds}, ${card}::integer, ${ach}::integer, ${crypto}::integer)`
  })
  .join(', ')

/**
 * The tasks that have waited for too long, without the alarm. A task that is due, or in progress, gets its
 * alarm by the worker. A message may postpone a task by some seconds.
 */
const overdueWithoutAlarm = `
  select t.payment_id, t.kind, t.waiting_since, t.failing_since, t.due_at
  from payment_tasks t
    join payments p on p.merchant_id = t.merchant_id and p.livemode = t.livemode
      and p.id = t.payment_id
    join (values ${limits}) as w (kind, failing, card, ach, crypto) on w.kind = t.kind
    left join test_clocks c on c.merchant_id = t.merchant_id and not t.livemode
    cross join lateral (
      select now() + make_interval(secs => coalesce(c.offset_seconds, 0)) as now
    ) m
  where t.attention is null and t.lease is null and t.due_at > m.now + interval '10 seconds'
    and (t.failing_since + make_interval(secs => w.failing) <= m.now
      or t.waiting_since + make_interval(secs => case p.payment_method
        when 'card' then w.card when 'ach' then w.ach else w.crypto end) <= m.now)`

/** Invariants that hold at any time, as statements that return their violations. */
const always: Readonly<Record<string, string>> = {
  'nothing is overdue without an alarm': overdueWithoutAlarm,
  'an open payment has a task for its next step': `
    select p.id, p.status from payments p where p.status in (${open})
      and not exists (select from payment_tasks t where t.merchant_id = p.merchant_id
        and t.livemode = p.livemode and t.payment_id = p.id and t.kind = case p.status
          when 'pending' then 'expire'
          when 'initiated' then case p.capture_method when 'manual' then 'watch' else 'process' end
          else 'capture' end)`,
  'an authorization with an unknown outcome has a task': `
    select p.id from payments p where p.status = 'pending' and p.processor is not null
      and not exists (select from payment_tasks t where t.merchant_id = p.merchant_id
        and t.livemode = p.livemode and t.payment_id = p.id and t.kind = 'authorize')`,
  'the events of a payment are numbered without gaps, up to its version': `
    select p.id, p.sequence, count(*), max(e.sequence) from payments p
      join events e on e.merchant_id = p.merchant_id and e.livemode = p.livemode
        and e.subject_id = p.id
    group by p.merchant_id, p.livemode, p.id, p.sequence
    having count(*) <> p.sequence or max(e.sequence) <> p.sequence`,
  'each step begins with the status in which the previous step ended': `
    select subject_id, sequence from (
      select e.subject_id, e.sequence, e.from_status,
        lag(e.to_status) over (partition by e.merchant_id, e.livemode, e.subject_id
          order by e.sequence) as before
      from events e where e.subject_id like 'pay\\_%') steps
    where sequence > 1 and from_status is distinct from before`,
  'the lifecycle allows each step': `
    select e.subject_id, e.sequence, e.from_status, e.type, e.to_status from events e
    where e.subject_id like 'pay\\_%' and not exists (
      select from (values ${steps}) as step (before, event, after)
      where step.before is not distinct from e.from_status and step.event = e.type
        and step.after = e.to_status)`,
  'time never runs backwards within a payment': `
    select subject_id, sequence, created_at, before from (
      select e.subject_id, e.sequence, e.created_at,
        lag(e.created_at) over (partition by e.merchant_id, e.livemode, e.subject_id
          order by e.sequence) as before
      from events e where e.subject_id like 'pay\\_%') steps
    where created_at < before
    union all
    select id, sequence, updated_at, created_at from payments where updated_at < created_at`,
  'a payment has the status of its last event': `
    select p.id, p.status, e.to_status from payments p
      join events e on e.merchant_id = p.merchant_id and e.livemode = p.livemode
        and e.subject_id = p.id and e.sequence = p.sequence
    where e.to_status <> p.status`,
  'a payment is canceled at most once, and its status never changes afterwards': `
    select subject_id from events where type = 'payment.canceled'
    group by merchant_id, livemode, subject_id having count(*) > 1
    union all
    select later.subject_id from events c join events later
      on later.merchant_id = c.merchant_id and later.livemode = c.livemode
        and later.subject_id = c.subject_id and later.sequence > c.sequence
    where c.type = 'payment.canceled' and later.to_status <> 'canceled'`,
  'the customer pays at most once by a link': `
    select merchant_id, coalesce(retry_of, id) from payments
    group by merchant_id, livemode, coalesce(retry_of, id)
    having count(*) filter (where status <> 'failed') > 1`,
  'the refunded amount of a payment is the sum of its refunds that have not failed': `
    select p.id, p.status, p.refunded_amount, p.refund_count, r.counted, r.count
    from payments p left join (${refundsOfPayments}) r using (merchant_id, livemode, id)
    where p.refunded_amount <> coalesce(r.counted, 0) or p.refund_count <> coalesce(r.count, 0)
      or p.status in ('succeeded', 'partially_refunded', 'refunded') and p.status <> case
        when p.refunded_amount = 0 then 'succeeded'
        when p.refunded_amount < p.captured_amount then 'partially_refunded' else 'refunded' end`,
  'the ledger contains what was captured, the fee, and each refund': `
    select p.id, l.* from payments p
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
  'once all events are counted, the plots contain the refunds that are paid': `
    select r.*, s.plotted from (
        select merchant_id, livemode, currency, sum(amount) as paid from refunds
        where status = 'succeeded' group by 1, 2, 3) r
      full join (select merchant_id, livemode, currency, sum(amount) as plotted from hourly_stats
        where measure = 'refunded' group by 1, 2, 3) s using (merchant_id, livemode, currency)
    where coalesce(r.paid, 0) <> coalesce(s.plotted, 0)
      and (select position from stats_progress) >= (select max(position) from events)`,
  'once all events are counted, the plots contain what was captured and not returned': `
    select p.*, s.plotted from (
        select merchant_id, livemode, currency, sum(captured_amount) as taken from payments
        where status in (${withMoney}) group by 1, 2, 3) p
      full join (select merchant_id, livemode, currency, sum(amount) as plotted from hourly_stats
        where measure = 'succeeded' group by 1, 2, 3) s using (merchant_id, livemode, currency)
    where coalesce(p.taken, 0) <> coalesce(s.plotted, 0)
      and (select position from stats_progress) >= (select max(position) from events)`,
  'once all events are counted, the kept balances are the sums of the ledger': `
    select * from (
        select merchant_id, livemode, account, currency, -sum(amount) as balance from ledger_entries
        group by 1, 2, 3, 4) l
      full join (select merchant_id, livemode, account, currency, balance as kept
        from ledger_balances) b using (merchant_id, livemode, account, currency)
    where coalesce(l.balance, 0) <> coalesce(b.kept, 0)
      and (select position from stats_progress) >= (select max(position) from events)`,
  'a payment that has failed after its capture was returned, once, by a dispute': `
    select p.id, p.status, p.net_amount, r.count from payments p cross join lateral (
        select count(*) from events e where e.merchant_id = p.merchant_id
          and e.livemode = p.livemode and e.subject_id = p.id and e.type = 'payment.returned') r
    where r.count <> (p.status = 'failed' and p.captured_amount > 0)::integer
      or r.count = 1 and (p.net_amount is distinct from -p.fee or not exists (
        select from disputes d where d.merchant_id = p.merchant_id and d.livemode = p.livemode
          and d.payment_id = p.id and d.status in ('lost', 'won')))`,
  'nothing of a returned payment is pending': `
    select l.payment_id, sum(l.amount) from ledger_entries l join payments p
      on p.merchant_id = l.merchant_id and p.livemode = l.livemode and p.id = l.payment_id
    where p.status = 'failed' and l.account = 'merchant_pending'
    group by l.merchant_id, l.livemode, l.payment_id having sum(l.amount) <> 0`,
  'an acceptance of a mandate is stored only until the debit is sent': `
    select a.payment_id, p.status from mandate_acceptances a join payments p
      on p.merchant_id = a.merchant_id and p.livemode = a.livemode and p.id = a.payment_id
    where p.status in (${withMoney})`,
  'the processor captures a payment at most once': `
    select payment_id, count(*) from sandbox_movements where kind = 'capture'
    group by merchant_id, payment_id having count(*) > 1`,
  'the processor authorizes a payment at most once': `
    select payment_id, count(*) from sandbox_movements where kind = 'authorize'
    group by merchant_id, payment_id having count(*) > 1`,
  'a payment is disputed exactly while it has a dispute that is not won': `
    select p.id, p.disputed from payments p
    where p.disputed <> (p.captured_amount > 0 and exists (
      select from disputes d where d.merchant_id = p.merchant_id and d.livemode = p.livemode
        and d.payment_id = p.id and d.status <> 'won'))`,
  'a dispute that is won withdraws nothing, and any other at most its amount': `
    select id, status, amount, withdrawn_amount from disputes
    where withdrawn_amount > case status when 'won' then 0 else amount end`,
  'the ledger has withdrawn the disputed amounts and the fees, and returned those that were won': `
    select payment_id, l.amount, d.amount as withdrawn, l.fee, d.fee as fees from (
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
  'a dispute is created by one event, and has the state of its last event': `
    select d.id, d.status, e.types, e.status as told from disputes d cross join lateral (
      select array_agg(type order by sequence) as types,
        (array_agg(state -> 'data' ->> 'status' order by sequence desc))[1] as status
      from events e where e.merchant_id = d.merchant_id and e.livemode = d.livemode
        and e.subject_id = d.payment_id and e.state -> 'data' ->> 'id' = d.id) e
    where array_positions(e.types, 'dispute.created') is distinct from array[1]
      or e.status is distinct from d.status`,
  'nobody requests a refund of a disputed payment': `
    select subject_id, sequence from events where type = 'payment.refunded'
      and actor_type = 'api_key' and (state ->> 'disputed')::boolean`,
}

/**
 * Invariants that hold when no work is pending. They compare Hedge's books with the sandbox's, which
 * may differ during a call to the processor.
 */
const atRest: Readonly<Record<string, string>> = {
  'the processor keeps no money of a canceled or failed payment': `
    select p.id, p.status from payments p join sandbox_movements m
      on m.merchant_id = p.merchant_id and m.payment_id = p.id
    where p.status in (${withoutMoney}) and p.captured_amount = 0
    group by p.merchant_id, p.id, p.status
    having sum(case m.kind when 'capture' then m.amount when 'refund' then -m.amount
      else 0 end) <> 0`,
  'the processor holds no authorization of a canceled payment': `
    select p.id, s.status from payments p join sandbox_payments s
      on s.merchant_id = p.merchant_id and s.payment_id = p.id
    where p.status = 'canceled' and s.status in ('authorized', 'action_required')`,
  'the processor has captured every succeeded payment': `
    select p.id from payments p left join sandbox_payments s
      on s.merchant_id = p.merchant_id and s.payment_id = p.id
    where p.status in (${withMoney})
      and s.status is distinct from 'captured'`,
  'no acceptance of a mandate is stored for a payment that has ended': `
    select a.payment_id, p.status from mandate_acceptances a join payments p
      on p.merchant_id = a.merchant_id and p.livemode = a.livemode and p.id = a.payment_id
    where p.status in (${withoutMoney})`,
  'no void is pending': `select payment_id from payment_tasks where kind = 'void'`,
  'every call to the processor has an outcome': `
    select payment_id, number from payment_attempts where outcome is null`,
}

/** The violated invariants by name, each with the violating rows. `isAtRest`: no work is pending. */
export async function brokenInvariants(
  sql: Pick<Sql, 'query'>,
  { isAtRest }: { isAtRest: boolean },
): Promise<Record<string, unknown[]>> {
  const broken: Record<string, unknown[]> = {}
  for (const [name, text] of Object.entries(isAtRest ? { ...always, ...atRest } : always)) {
    const rows = await sql.query(text)
    if (rows.length > 0) broken[name] = rows
  }
  return broken
}

/** Whether no work on payments is pending. Expiries and settlements may still be due later. */
export async function isAtRest(sql: Sql): Promise<boolean> {
  const [row] = await sql.query<{ open: number }>(
    `select (select count(*) from payments where status in (${underway}))
      + (select count(*) from payment_tasks where kind in ('authorize', 'process', 'capture',
        'void', 'refund'))
      + (select count(*) from payment_attempts where outcome is null) as open`,
  )
  return Number(row?.open) === 0
}
