import { firstStatus, statusesBeforeEvent, waits } from '@hedgepayments/contract'
import { servedHere } from '../../jobs/lease.sql.ts'
import { type Invariant, listOf } from './invariant.ts'

/** Statuses that a worker moves on. */
const underway = listOf([
  ...statusesBeforeEvent('payment.processing'),
  ...statusesBeforeEvent('payment.succeeded'),
])

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
  select t.payment_id as id, t.kind, t.waiting_since, t.failing_since, t.due_at
  from payment_tasks t
    join payments p on p.merchant_id = t.merchant_id and p.livemode = t.livemode
      and p.id = t.payment_id
    join (values ${limits}) as w (kind, failing, card, ach, crypto) on w.kind = t.kind
    left join test_clocks c on c.merchant_id = t.merchant_id and not t.livemode
    cross join lateral (
      select now() + make_interval(secs => coalesce(c.offset_seconds, 0)) as now
    ) m
  where t.${servedHere} and t.attention is null and t.lease is null and t.due_at > m.now + interval '10 seconds'
    and (t.failing_since + make_interval(secs => w.failing) <= m.now
      or t.waiting_since + make_interval(secs => case p.payment_method
        when 'card' then w.card when 'ach' then w.ach else w.crypto end) <= m.now)`

/** What is true of the tasks of payments: the work that servers have planned. */
export const tasks: readonly Invariant[] = [
  {
    name: 'overdue_tasks',
    guarantee: 'nothing is overdue without an alarm',
    action: 'check that a server runs, and see hedge payments list --needs-attention',
    text: overdueWithoutAlarm,
  },
  {
    name: 'tasks_of_open_payments',
    guarantee: 'an open payment has a task for its next step',
    action: 'no server will move these payments on: cancel them, or report the fault',
    text: `
      select p.id, p.status from payments p where p.status in ('${firstStatus}', ${underway})
        and not exists (select from payment_tasks t where t.merchant_id = p.merchant_id
          and t.livemode = p.livemode and t.payment_id = p.id and t.kind = case p.status
            when 'pending' then 'expire'
            when 'initiated' then case p.capture_method when 'manual' then 'watch' else 'process' end
            else 'capture' end)`,
  },
  {
    name: 'tasks_of_authorizations',
    guarantee: 'an authorization with an unknown outcome has a task',
    action: 'the authorization may exist at the processor: look the payment up there, and void it',
    text: `
      select p.id from payments p where p.status = 'pending' and p.processor is not null
        and not exists (select from payment_tasks t where t.merchant_id = p.merchant_id
          and t.livemode = p.livemode and t.payment_id = p.id and t.kind = 'authorize')`,
  },
  {
    name: 'tasks_of_canceled_payments',
    guarantee: 'no canceled payment has a task that captures it',
    action:
      'stop the servers, and report the fault: a server would ask the processor for the money',
    text: `
      select p.id from payments p where p.status = 'canceled'
        and exists (select from payment_tasks t where t.merchant_id = p.merchant_id
          and t.livemode = p.livemode and t.payment_id = p.id and t.kind = 'capture')`,
  },
]
