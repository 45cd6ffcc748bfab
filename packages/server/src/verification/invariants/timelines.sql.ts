import { eventTypes, isStep, paymentStatuses } from '@hedgepayments/contract'
import type { Invariant } from './invariant.ts'

/** Every step of the contract's lifecycle, as rows of SQL. The first one has no status before it: ''. */
const steps = [null, ...paymentStatuses]
  .flatMap((from) =>
    eventTypes.flatMap((event) =>
      paymentStatuses
        .filter((to) => isStep({ event, from, to }))
        .map((to) => `('${from ?? ''}', '${event}', '${to}')`),
    ),
  )
  .join(', ')

const action =
  'compare the timeline (hedge payments events) with a backup: rows were changed, or a step was not recorded'

/** What is true of the events of payments. */
export const timelines: readonly Invariant[] = [
  {
    name: 'events_numbered',
    guarantee: 'the events of a payment are numbered without gaps, up to its version',
    action,
    text: `
      select p.id, p.sequence, count(e.sequence), max(e.sequence) from payments p
        left join events e on e.merchant_id = p.merchant_id and e.livemode = p.livemode
          and e.subject_id = p.id
      group by p.merchant_id, p.livemode, p.id, p.sequence
      having count(e.sequence) <> p.sequence or max(e.sequence) <> p.sequence`,
  },
  {
    name: 'events_of_payments',
    guarantee: 'each event of a payment belongs to a payment that exists',
    action,
    text: `
      select e.subject_id as id, e.sequence from all_events e
        left join lateral (select 1 as found from all_payments p
          where p.merchant_id = e.merchant_id and p.livemode = e.livemode and p.id = e.subject_id
          limit 1) p on true
      where (e.merchant_id, e.livemode, e.subject_id) > ($1, $2::boolean, $3)
        and (e.merchant_id, e.livemode, e.subject_id) <= ($4, $5::boolean, $6)
        and e.subject_id like 'pay\\_%' and p.found is null`,
  },
  {
    name: 'steps_connected',
    guarantee: 'each step begins with the status in which the previous step ended',
    action,
    text: `
      select subject_id as id, sequence from (
        select e.subject_id, e.sequence, e.from_status,
          lag(e.to_status) over (partition by e.merchant_id, e.livemode, e.subject_id
            order by e.sequence) as before
        from events e) steps
      where sequence > 1 and from_status is distinct from before`,
  },
  {
    name: 'steps_allowed',
    guarantee: 'the lifecycle allows each step',
    action,
    text: `
      select e.subject_id as id, e.sequence, e.from_status, e.type, e.to_status from events e
      where not exists (
        select from (values ${steps}) as step (before, event, after)
        where step.before = coalesce(e.from_status, '') and step.event = e.type
          and step.after = e.to_status)`,
  },
  {
    name: 'times_ordered',
    guarantee: 'time never runs backwards within a payment',
    action,
    text: `
      select subject_id as id, sequence, created_at, before from (
        select e.subject_id, e.sequence, e.created_at,
          lag(e.created_at) over (partition by e.merchant_id, e.livemode, e.subject_id
            order by e.sequence) as before
        from events e) steps
      where created_at < before
      union all
      select id, sequence, updated_at, created_at from payments where updated_at < created_at`,
  },
  {
    name: 'last_event',
    guarantee: 'a payment has the status of its last event',
    action,
    text: `
      select p.id, p.status, e.to_status from payments p
        join events e on e.merchant_id = p.merchant_id and e.livemode = p.livemode
          and e.subject_id = p.id and e.sequence = p.sequence
      where e.to_status is distinct from p.status`,
  },
  {
    name: 'canceled_for_good',
    guarantee: 'a payment is canceled at most once, and its status never changes afterwards',
    action,
    text: `
      select subject_id as id from events where type = 'payment.canceled'
      group by merchant_id, livemode, subject_id having count(*) > 1
      union all
      select later.subject_id from events c join events later
        on later.merchant_id = c.merchant_id and later.livemode = c.livemode
          and later.subject_id = c.subject_id and later.sequence > c.sequence
      where c.type = 'payment.canceled' and later.to_status <> 'canceled'`,
  },
]
