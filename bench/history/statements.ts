// Statements that write a history of payments, as years of use leave it. Each takes the payments of a table
// `drawn` (`draw`), so that all rows of a payment agree with each other.

/** Merchants besides the first one, and their shares of the payments in percent. The first one has the rest. */
export const otherShares = [10, 5, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1]

const merchantOf = `case ${otherShares
  .map((_, index) => {
    const through = otherShares.slice(0, index + 1).reduce((sum, share) => sum + share, 0)
    return `when h % 100 < ${through} then 'merch_other${index + 1}'`
  })
  .join(' ')} else $1::text end`

/**
 * Draws the payments from number `$2` through `$3` of `$4`, evenly over the two years before `$5`. The last
 * of every hundred and fifty is open: pending, initiated or processing. The `h` columns are random, and the
 * same for a number in every run.
 */
export const draw = `
  insert into drawn
  select n, ${merchantOf}, 'pay_' || hedge_time_text(at) || substr(md5(n::text), 1, 14),
    date_trunc('second', at),
    case when n > $4::bigint * 149 / 150 then case when h % 3 = 0 then 'pending'
        when h % 3 = 1 then 'initiated' else 'processing' end
      when g % 1000 < 850 then 'succeeded' when g % 1000 < 910 then 'failed'
      when g % 1000 < 970 then 'canceled' when g % 1000 < 990 then 'partially_refunded'
      else 'refunded' end,
    case when g % 5 < 2 then 9999 else 100 + h % 50000 end, g, h,
    n <= $4::bigint * 99 / 100
  from (
    select n, (hashint8(n)::bigint & 2147483647) as g, (hashint8(n + 500000000)::bigint & 2147483647) as h,
      $5::timestamptz - interval '2 years' * (($4::bigint - n)::double precision / $4::bigint) as at
    from generate_series($2::bigint, $3::bigint) n
  ) s`

export const createDrawn = `
  create unlogged table drawn (
    n bigint, merchant_id text collate "C", id text collate "C", at timestamptz(0), status text collate "C",
    amount integer, g bigint, h bigint, is_settled boolean)`

const isCaptured = `status in ('succeeded', 'partially_refunded', 'refunded')`
const isRefunded = `status in ('partially_refunded', 'refunded')`
const fee = `(amount * 29 / 1000 + 30)`
const refunded = `case status when 'refunded' then amount when 'partially_refunded' then (amount + 1) / 2 else 0 end`
const isDisputed = `(${isCaptured} and g % 1013 = 0)`

/** The events of each status: the number, the type, the statuses before and after, and seconds after the creation. */
const steps = `(values
    (1, 'payment.created', null, 'pending', 0, 'all'),
    (2, 'payment.canceled', 'pending', 'canceled', 60, 'canceled'),
    (2, 'payment.initiated', 'pending', 'initiated', 5, 'submitted'),
    (3, 'payment.failed', 'initiated', 'failed', 7, 'failed'),
    (3, 'payment.processing', 'initiated', 'processing', 65, 'processing'),
    (4, 'payment.succeeded', 'processing', 'succeeded', 70, 'captured'),
    (5, 'payment.settled', 'succeeded', 'succeeded', 172800, 'settled'),
    (6, 'payment.refunded', 'succeeded', 'refunded', 180000, 'refunded'),
    (7, 'payment.refund_succeeded', 'refunded', 'refunded', 190000, 'refunded'),
    (6, 'dispute.created', 'succeeded', 'succeeded', 200000, 'disputed')
  ) as step (sequence, type, before, after, seconds, of)`

const hasStep = `case step.of when 'all' then true when 'canceled' then status = 'canceled'
    when 'submitted' then status not in ('pending', 'canceled') when 'failed' then status = 'failed'
    when 'processing' then status = 'processing' or ${isCaptured} when 'captured' then ${isCaptured}
    when 'settled' then ${isCaptured} and is_settled
    when 'refunded' then ${isRefunded} and is_settled
    else ${isDisputed} and status = 'succeeded' and is_settled end`

const stateColumns = `case when type in ('payment.created', 'payment.canceled') then null else
    jsonb_strip_nulls(jsonb_build_object('status', after,
      'captured_amount', case when sequence > 3 then amount end,
      'fee', case when sequence > 3 then ${fee} end,
      'net_amount', case when sequence > 3 then amount - ${fee} end,
      'failure_code', case when type = 'payment.failed' then 'card_declined' end)) end`

const sequenceOf = `case when ${isCaptured} then 4 + is_settled::int
      + case when not is_settled then 0 when ${isRefunded} then 2 when ${isDisputed} then 1 else 0 end
    when status in ('failed', 'processing') then 3 when status in ('canceled', 'initiated') then 2 else 1 end`

export const insertPayments = `
  insert into payments (merchant_id, livemode, id, sequence, status, amount, currency, payment_method,
    payment_method_token, payment_method_details, customer_email, customer_id, description, metadata, url,
    cancel_window, captured_amount, refunded_amount, refund_count, fee, net_amount, failure_code,
    canceled_at, disputed, settled_at, processor, processor_reference, expires_at, created_at, updated_at)
  select merchant_id, false, id, ${sequenceOf},
    case when ${isRefunded} and not is_settled then 'succeeded' else status end, amount,
    case when h % 10 = 0 then 'EUR' else 'USD' end, 'card',
    case when status not in ('pending', 'canceled') then 'tok_visa' end,
    case when status not in ('pending', 'canceled') then jsonb_build_object('type', 'card', 'brand', 'visa',
      'last4', case when g % 20 = 0 then '4242' else lpad((h % 10000)::text, 4, '0') end, 'exp_month', 8,
      'exp_year', 2031, 'country', 'US', 'wallet', null, 'bank_name', null) end,
    case when g % 50 = 0 then 'hot@example.com' else 'customer' || h % 400000 || '@example.com' end,
    case when g % 40 = 1 then 'cust_hot' when g % 2 = 0 then 'cust_' || h % 200000 end,
    'Order ' || n,
    case when g % 10 < 4 then '{}'::jsonb else jsonb_build_object('order_id', n::text)
      || case when g % 10 < 6 then '{"shop": "berlin"}'::jsonb else '{}' end
      || case when n % 1000003 = 7 then '{"flag": "rare"}'::jsonb else '{}' end
      || case when at < $5::timestamptz - interval '21 months' then '{"campaign": "first"}'::jsonb
        else '{}' end end,
    'http://127.0.0.1:4000/pay/' || id, 0,
    case when ${isCaptured} then amount else 0 end,
    case when is_settled then ${refunded} else 0 end,
    case when ${isRefunded} and is_settled then 1 else 0 end,
    case when ${isCaptured} then ${fee} end, case when ${isCaptured} then amount - ${fee} end,
    case when status = 'failed' then 'card_declined' end,
    case when status = 'canceled' then at + interval '1 minute' end,
    ${isDisputed} and status = 'succeeded' and is_settled,
    case when ${isCaptured} and is_settled then at + interval '2 days' end,
    case when status not in ('pending', 'canceled') then 'sandbox' end,
    case when status not in ('pending', 'canceled') then 'sbx_' || id end,
    case when status = 'pending' then now() + interval '30 days' else at + interval '1 hour' end, at, at
  from drawn order by n`

export const insertEvents = `
  insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
    actor_id, from_status, to_status, state)
  select merchant_id, false, id, sequence, type, at + make_interval(secs => seconds),
    case when sequence = 1 then 'api_key' else 'system' end, case when sequence = 1 then 'key_history' end,
    before, case when step.of = 'refunded' then status else after end, ${stateColumns}
  from drawn join ${steps} on ${hasStep}
  order by at + make_interval(secs => seconds), n, sequence`

export const insertTransfers = `
  insert into ledger_transfers (merchant_id, livemode, payment_id, event_sequence, kind, debit_account,
    credit_account, amount, currency, created_at)
  select merchant_id, false, id, t.sequence, t.kind, t.debit, t.credit,
    case t.kind when 'fee' then ${fee} when 'settlement' then amount - ${fee}
      when 'capture' then amount else ${refunded} end,
    case when h % 10 = 0 then 'EUR' else 'USD' end, at
  from drawn join (values
    (4, 'capture', 'processor', 'merchant_pending', 0), (4, 'fee', 'merchant_pending', 'fees', 0),
    (5, 'settlement', 'merchant_pending', 'merchant_available', 1),
    (6, 'refund', 'merchant_available', 'refunds', 2), (7, 'refund_paid', 'refunds', 'processor', 2)
  ) as t (sequence, kind, debit, credit, level) on ${isCaptured} and (t.level = 0 or is_settled)
    and (t.level < 2 or ${isRefunded})
    and case t.kind when 'settlement' then amount > ${fee} when 'fee' then true else true end
  order by n`

export const insertRefunds = `
  insert into refunds (merchant_id, livemode, payment_id, id, amount, currency, status, actor_type, metadata,
    attempts, requested_sequence, answered_sequence, created_at, updated_at)
  select merchant_id, false, id, 'ref_' || substr(id, 5), ${refunded},
    case when h % 10 = 0 then 'EUR' else 'USD' end, 'succeeded', 'system', '{}', 1, 6, 7,
    at + interval '2 days', at + interval '2 days'
  from drawn where ${isRefunded} and is_settled order by n`

export const insertDisputes = `
  insert into disputes (merchant_id, livemode, id, payment_id, processor, processor_reference, amount,
    withdrawn_amount, currency, fee, status, reason, created_at, updated_at)
  select merchant_id, false, 'dp_' || substr(id, 5), id, 'sandbox', 'dp_' || n, amount, amount,
    case when h % 10 = 0 then 'EUR' else 'USD' end, 1500,
    case when g % 3 = 0 then 'lost' when g % 3 = 1 then 'under_review' else 'needs_response' end,
    'fraudulent', at + interval '3 days', at + interval '3 days'
  from drawn where ${isDisputed} and status = 'succeeded' and is_settled order by n`

/** The next step of every open payment, all in the future, and the later look-ups of recent ones. */
export const insertTasks = `
  insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at, since, waiting_since, attention,
    attention_since)
  select merchant_id, false, id, case status when 'pending' then 'expire' when 'initiated' then 'process'
      when 'processing' then 'capture' else 'recheck' end, now() + interval '30 days', at, at,
    case when status = 'processing' and g % 200 = 0 then 'step_overdue' end,
    case when status = 'processing' and g % 200 = 0 then now() end
  from drawn
  where status in ('pending', 'initiated', 'processing')
    or ${isCaptured} and at > $5::timestamptz - interval '3 months'
  order by n`

/** Deliveries of the last month's events of the first merchant to its endpoint. */
export const insertDeliveries = `
  insert into webhook_deliveries (merchant_id, livemode, id, endpoint_id, position, subject_id, sequence,
    event_type, status, attempts, due_at, created_at)
  select e.merchant_id, false, 'whd_' || hedge_time_text(e.created_at) || lpad(to_hex(e.position), 14, '0'),
    $2, e.position, e.subject_id, e.sequence, e.type,
    case when e.position % 100 < 96 then 'succeeded' when e.position % 100 < 98 then 'failed'
      else 'pending' end, 1,
    case when e.position % 100 >= 98 then now() + interval '30 days' end, e.created_at
  from events e
  where e.merchant_id = $1 and e.created_at > $3::timestamptz - interval '1 month'
    and e.created_at <= $3::timestamptz
  order by e.position`

export const insertAudit = `
  insert into audit_log (merchant_id, livemode, id, action, actor_type, actor_id, target_type, target_id,
    details, created_at)
  select $1, false, 'aud_' || hedge_time_text(at) || lpad(n::text, 14, '0'),
    case when n % 500 = 0 then 'api_key.created' else 'dashboard.signed_in' end, 'api_key',
    'key_' || n % 20, 'dashboard_session', 'key_' || n % 20, '{}', at
  from (select n, $3::timestamptz - interval '1 year' * (($2::integer - n)::double precision / $2::integer)
      as at from generate_series(1, $2::integer) n) s`

/** What the counting worker has written for all events (`dashboard/statistics/count.sql.ts`). */
export const countAll = [
  `insert into event_hours
    select merchant_id, livemode, date_trunc('hour', created_at, 'UTC'), min(position), max(position),
      min(subject_id) filter (where type = 'payment.created'),
      max(subject_id) filter (where type = 'payment.created')
    from events group by 1, 2, 3`,
  `insert into ledger_balances
    select merchant_id, livemode, account, currency, sum(-amount) from ledger_entries group by 1, 2, 3, 4`,
  `insert into hourly_stats
    select e.merchant_id, e.livemode, date_trunc('hour', e.created_at, 'UTC'), split_part(e.type, '.', 2),
      p.currency, case when e.type = 'payment.canceled' then 'none' else '' end, count(*), sum(p.amount)
    from events e join payments p on p.merchant_id = e.merchant_id and p.livemode = e.livemode
      and p.id = e.subject_id
    where e.type in ('payment.created', 'payment.succeeded', 'payment.failed', 'payment.canceled')
    group by 1, 2, 3, 4, 5, 6`,
  `insert into daily_stats
    select merchant_id, livemode, date_trunc('day', hour, 'UTC'), measure, currency, sum(count), sum(amount)
    from hourly_stats group by 1, 2, 3, 4, 5`,
  `insert into daily_reasons
    select merchant_id, livemode, date_trunc('day', hour, 'UTC'), label, sum(count)
    from hourly_stats where measure = 'canceled' group by 1, 2, 3, 4`,
  `update event_relay set position = (select coalesce(max(position), 0) from events),
    fence_position = null, fence_transaction = null`,
  `update stats_progress set position = (select position from event_relay), attempts_through = now()`,
  `update seal_progress set position = (select position from event_relay)`,
]
