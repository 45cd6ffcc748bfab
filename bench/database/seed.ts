import type { Pool } from 'pg'

// Adds the payments of a run by statements, because the API would take hours.

/** Payments of one insert, which takes some seconds. */
const chunkSize = 500_000
/** From this many payments on, rebuilding the indexes is faster than updating them. */
const rebuildMin = 200_000

interface History {
  readonly merchantId: string
  readonly idPrefix: string
  readonly from: number
  readonly count: number
  /** Payments below this number have succeeded; from it on they are canceled. */
  readonly canceledFrom: number
  /** From this number on payments have failed. */
  readonly failedFrom: number
}

/** Adds payments in a final status and their events, on two connections. */
export async function seedHistory(pool: Pool, history: History): Promise<void> {
  const restore = history.count >= rebuildMin ? await dropSecondaryIndexes(pool) : []
  // A trigger lets payments begin only as pending.
  await pool.query('alter table payments disable trigger payments_first_status')
  await Promise.all([
    inChunks(pool, insertHistory, history),
    inChunks(pool, insertHistoryEvents, history),
  ])
  await pool.query('alter table payments enable trigger payments_first_status')
  await Promise.all(restore.map((text) => pool.query(text)))
}

async function inChunks(pool: Pool, text: string, history: History): Promise<void> {
  const { merchantId, idPrefix, from, count, canceledFrom, failedFrom } = history
  for (let first = from; first < from + count; first += chunkSize) {
    const last = Math.min(first + chunkSize, from + count) - 1
    await pool.query(text, [merchantId, idPrefix, first, last, canceledFrom, failedFrom])
  }
}

/** Drops the secondary indexes of payments. Returns the statements that create them again. */
async function dropSecondaryIndexes(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
      from pg_index where indrelid = 'payments'::regclass and not indisunique`,
  )
  for (const { name } of rows) await pool.query(`drop index ${name}`)
  return rows.map(({ definition }) => definition)
}

/** Marks all events as relayed and counted, so that no server works on the seeded ones. */
export async function skipSeededEvents(pool: Pool): Promise<void> {
  await pool.query(`
    update event_relay set position = (select max(position) from events),
      fence_position = null, fence_transaction = null`)
  for (const progress of ['stats_progress', 'seal_progress']) {
    await pool.query(`update ${progress} set position = (select position from event_relay)`)
  }
}

/** No progress for this long means that no server is running. */
const noProgressMs = 5_000

/**
 * Waits until no task is due and every event is relayed. With `counted` every event must also be
 * counted for the plots, which the server does every two seconds. Returns early without a server.
 */
export async function waitForBackground(
  pool: Pool,
  { counted }: { counted: boolean },
): Promise<void> {
  let seen = ''
  for (let progressAt = performance.now(); performance.now() - progressAt < noProgressMs; ) {
    const { rows } = await pool.query<{ left: string | null; at: string }>(
      `select (select max(position) from events)
          - case when $1 then least(r.position, s.position) else r.position end + t.due as left,
        r.position + s.position - t.due as at
      from event_relay r, stats_progress s,
        (select count(*) as due from payment_tasks where due_at <= now()) t`,
      [counted],
    )
    if (!rows[0] || Number(rows[0].left) <= 0) return
    if (rows[0].at !== seen) progressAt = performance.now()
    seen = rows[0].at
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const columns = `merchant_id, livemode, id, sequence, status, amount, currency, payment_method,
  customer_email, customer_id, description, metadata, url, cancel_window, cancellation_reason,
  canceled_at, expires_at, created_at, updated_at, processor, processor_reference,
  payment_method_token, captured_amount`

const payments = ({ status, sequence, email }: Record<string, string>) => `
  insert into payments (${columns})
  select $1, false, $2 || lpad(n::text, 16, '0'), ${sequence}, ${status}, 9999, 'USD', 'card',
    coalesce(${email}, 'customer' || n % 100000 || '@example.com'),
    case when n % 2 = 0 then 'cust_' || n % 50000 end, 'Order ' || n,
    case when n % 10 = 0 then jsonb_build_object('order_id', n::text) else '{}' end,
    'http://127.0.0.1:4000/pay/' || $2 || lpad(n::text, 16, '0'), 0, null,
    case when ${status} = 'canceled' then now() end, now() + interval '1 day', now(), now(),
    case when ${status} = 'succeeded' then 'sandbox' end,
    case when ${status} = 'succeeded' then 'sbx_' || $2 || lpad(n::text, 16, '0') end,
    case when ${status} = 'succeeded' then 'tok_visa' end,
    case when ${status} = 'succeeded' then 9999 else 0 end
  from generate_series($3::bigint, $4::bigint) n`

const eventColumns = `merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
  actor_id, from_status, to_status`

/** Pending payments as the API creates them. `$5` is an e-mail address for all, or null. */
export const insertPending = `
  with inserted as (
    ${payments({ status: "'pending'::text", sequence: '1', email: '$5::text' })}
    returning merchant_id, livemode, id, created_at, expires_at
  ), planned as (
    insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
    select merchant_id, livemode, id, 'expire', expires_at from inserted
  )
  insert into events (${eventColumns})
  select merchant_id, livemode, id, 1, 'payment.created', created_at, 'api_key', 'key_bench', null,
    'pending' from inserted`

/** Payments that are processing at Stripe, with a capture that is due. */
export const insertDueCaptures = `
  with inserted as (
    insert into payments (${columns})
    select $1, false, $2 || lpad(n::text, 16, '0'), 3, 'processing', 9999, 'USD', 'card',
      'customer@example.com', null, 'Order ' || n, '{}', 'http://127.0.0.1:4000/pay', 0, null, null,
      now() + interval '1 day', now(), now(), 'stripe',
      'pi_' || $2 || lpad(n::text, 16, '0'), 'pm_card_visa', 0
    from generate_series($3::bigint, $4::bigint) n
    returning merchant_id, livemode, id
  )
  insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
  select merchant_id, livemode, id, 'capture', now() from inserted`

const status = `case when n < $5::bigint then 'succeeded' when n < $6::bigint then 'canceled'
  else 'failed' end`

const insertHistory = payments({ status, sequence: '2', email: 'null::text' })

/** The sandbox's records of captured payments. Without them it refunds nothing. */
export const insertCaptures = `
  insert into sandbox_payments (merchant_id, payment_id, reference, token, amount, currency, status,
    return_url, captured_at, captured_amount)
  select merchant_id, id, processor_reference, payment_method_token, amount, currency, 'captured',
    url, now(), amount from payments
  where merchant_id = $1 and not livemode and status = 'succeeded' and id between $2 and $3
  on conflict do nothing`

const insertHistoryEvents = `
  insert into events (${eventColumns})
  select $1, false, $2 || lpad(n::text, 16, '0'), sequence,
    'payment.' || case sequence when 1 then 'created' else ${status} end, now(), 'api_key',
    'key_bench', case sequence when 2 then 'pending' end,
    case sequence when 1 then 'pending' else ${status} end
  from generate_series($3::bigint, $4::bigint) n cross join generate_series(1, 2) sequence`
