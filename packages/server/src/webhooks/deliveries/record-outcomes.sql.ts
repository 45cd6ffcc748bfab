import { sql } from 'kysely'
import { onNode } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { accountOf } from '../../domain/account.ts'
import type { Outcome } from './attempt.ts'

/**
 * Records the outcomes of attempts. Returns the ids of the deliveries whose lease was current.
 *
 * If another process has claimed the delivery, the outcome is late: only the log of attempts gets it,
 * and the delivery and the health of its endpoint do not change. If a request planned the delivery anew
 * during the attempt, a failure does not count: the delivery is due at once, with all its retries.
 */
export async function recordOutcomes(
  db: Db,
  outcomes: readonly Outcome[],
): Promise<ReadonlySet<string>> {
  const [first] = outcomes
  const nodeOf = (name: string) =>
    first ? onNode(db, name, accountOf(first.delivery)) : sql`and false`
  const { rows } = await sql<{ id: string }>`
    with outcome as materialized (${outcomeRows(outcomes)}), locked as materialized (
      select o.*, d.endpoint_id, d.attempts, d.late_attempts, d.planned_again, d.is_current
      from outcome o cross join lateral (
        select d.endpoint_id, d.attempts, d.late_attempts, d.planned_again,
          coalesce(d.lease = o.lease, false) as is_current
        from webhook_deliveries d
        where d.merchant_id = o.merchant_id and d.livemode = o.livemode and d.id = o.id ${nodeOf('d')}
        for no key update
      ) d
    ), done as (
      update webhook_deliveries d
      set status = case when l.result = 'delivered' then 'succeeded'
          when l.delay_ms is null and not l.planned_again then 'failed' else 'pending' end,
        attempts = case when l.is_sent then l.attempts + l.late_attempts + 1 else l.attempts end,
        late_attempts = case when l.is_sent then 0 else l.late_attempts end,
        tries = case when l.planned_again then 0 when l.is_sent then d.tries + 1 else d.tries end,
        due_at = case when l.result = 'delivered' then null when l.planned_again then l.recorded_at
          else l.retry_at end,
        lease = null,
        response_code = case when l.is_sent then l.response_code else d.response_code end,
        duration_ms = case when l.is_sent then l.duration_ms else d.duration_ms end,
        error = case when l.is_sent then l.error else coalesce(l.error, d.error) end
      from locked l
      where l.is_current
        and d.merchant_id = l.merchant_id and d.livemode = l.livemode and d.id = l.id
        and d.lease = l.lease ${nodeOf('d')}
      returning d.id
    ), late as (
      update webhook_deliveries d set late_attempts = l.late_attempts + 1
      from locked l
      where not l.is_current and l.is_sent
        and d.merchant_id = l.merchant_id and d.livemode = l.livemode and d.id = l.id
        ${nodeOf('d')}
    ), logged as (
      insert into webhook_attempts (merchant_id, livemode, delivery_id, attempt, response_code,
        duration_ms, error, response_body, created_at)
      select merchant_id, livemode, id, attempts + late_attempts + 1, response_code, duration_ms,
        error, response_body, date_trunc('second', now())
      from locked where is_sent
    ), health as (
      select merchant_id, livemode, endpoint_id, bool_or(result = 'delivered') as works,
        max(recorded_second) as recorded_second
      from locked where is_current and is_sent group by 1, 2, 3
    ), endpoints as (
      update webhook_endpoints e
      set failing_since = case when h.works then null else h.recorded_second end
      from health h
      where e.merchant_id = h.merchant_id and e.livemode = h.livemode and e.id = h.endpoint_id
        and (e.failing_since is not null) = h.works ${nodeOf('e')}
    )
    select id from done`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

/** Outcomes as rows, in the order of their keys: their deliveries are locked in this order. */
function outcomeRows(outcomes: readonly Outcome[]) {
  const column = <T>(pick: (outcome: Outcome) => T) => outcomes.map(pick)
  return sql`
      select o.*, o.result <> 'unsent' as is_sent, now() as recorded_at,
        date_trunc('second', now()) as recorded_second,
        now() + o.delay_ms * interval '1 millisecond' as retry_at
      from unnest(
        ${column((o) => o.delivery.merchant_id)}::text[],
        ${column((o) => o.delivery.livemode)}::boolean[],
        ${column((o) => o.delivery.id)}::text[],
        ${column((o) => o.delivery.lease)}::text[],
        ${column((o) => o.result)}::text[],
        ${column((o) => o.retryDelayMs)}::bigint[],
        ${column((o) => o.responseCode)}::smallint[],
        ${column((o) => o.durationMs)}::integer[],
        ${column((o) => o.error)}::text[],
        ${column((o) => o.responseBody)}::text[]
      ) as o (merchant_id, livemode, id, lease, result, delay_ms, response_code, duration_ms,
        error, response_body)
      order by o.merchant_id, o.livemode, o.id`
}
