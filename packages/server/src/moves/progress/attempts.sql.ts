import type { ClientBase } from 'pg'

/**
 * Locks how far a database has counted the attempts of webhooks, until the transaction ends, and returns it. The
 * attempts of merchants that are not served there are not counted.
 */
export async function lockAttemptCounts(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ through: string }>(
    'select attempts_through::text as through from stats_progress for update',
  )
  return rows[0]?.through ?? ''
}

/**
 * Stores how far the source had counted the attempts of a merchant when it was first announced: since then, the
 * merchant is left out.
 */
export async function saveAttemptCounts(
  client: ClientBase,
  { merchantId, through }: { merchantId: string; through: string },
): Promise<void> {
  await client.query(
    `update merchant_moves set attempts_through = coalesce(attempts_through, $2::timestamptz)
     where merchant_id = $1`,
    [merchantId, through],
  )
}

/** Forgets it, because the merchant is counted again. */
export async function clearAttemptCounts(client: ClientBase, merchantId: string): Promise<void> {
  await client.query('update merchant_moves set attempts_through = null where merchant_id = $1', [
    merchantId,
  ])
}

/**
 * Brings the counts of a merchant from the attempts before `from` to those before `to`: adds them where
 * `from` is earlier, else subtracts them. The database counts on from `to`.
 */
export async function shiftAttemptCounts(
  client: ClientBase,
  { merchantId, from, to }: { merchantId: string; from: string; to: string },
): Promise<void> {
  await client.query(
    `with counted as (
       select a.merchant_id, a.livemode, date_trunc('hour', a.created_at, 'UTC') as hour,
         case when a.error is null then 'delivered' else 'undelivered' end as measure,
         count(*) * case when $2::timestamptz < $3::timestamptz then 1 else -1 end as count
       from webhook_attempts a
       where a.merchant_id = $1 and a.created_at >= least($2::timestamptz, $3::timestamptz)
         and a.created_at < greatest($2::timestamptz, $3::timestamptz)
       group by 1, 2, 3, 4
     ), hours as (
       insert into hourly_stats as h (merchant_id, livemode, hour, measure, currency, label, count, amount)
       select merchant_id, livemode, hour, measure, '', '', count, 0 from counted
       on conflict (merchant_id, livemode, hour, measure, currency, label) do update
       set count = h.count + excluded.count
     )
     insert into daily_stats as d (merchant_id, livemode, day, measure, currency, count, amount)
     select merchant_id, livemode, date_trunc('day', hour, 'UTC'), measure, '', sum(count), 0
     from counted group by 1, 2, 3, 4
     on conflict (merchant_id, livemode, day, measure, currency) do update
     set count = d.count + excluded.count`,
    [merchantId, from, to],
  )
}
