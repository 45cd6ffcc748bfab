import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { DeliveryRow, EndpointRow } from '../../database/webhook-rows.ts'
import type { Account } from '../../domain/account.ts'
import { leaseEnd } from '../../jobs/lease.sql.ts'
import { newLease } from '../../jobs/lease.ts'

type Db = Kysely<Schema>

/**
 * How long a process may keep a delivery, in seconds: twice what an attempt may take. After a
 * `kill -9` another process takes it then. Times of the queue are the database's, so that the
 * clocks of the processes do not matter.
 */
export const leaseSeconds = 20

/** How many more deliveries an endpoint may get at once, where it is not the usual number. */
export interface Room {
  readonly endpointId: string
  readonly room: number
}

/** How many deliveries of a merchant and mode this process sends at the moment. */
export interface AccountUsage extends Account {
  readonly taken: number
}

/** What a turn may take from the queue, as `Capacity` says. */
export interface Shares {
  /** Attempts in all, and those of test mode among them. */
  readonly limit: number
  readonly testLimit: number
  /** How many attempts a merchant may have in flight after the turn, in each mode. */
  readonly liveShare: number
  readonly testShare: number
  readonly usage: readonly AccountUsage[]
  readonly roomDefault: number
  readonly rooms: readonly Room[]
}

/**
 * Takes deliveries that are due, for this process alone. Endpoints are gone through one by one, by
 * jumping along the index from one to the next, and each gives only as many as it has room for:
 * the backlog of one is not even looked at when it is another's turn. `nth` counts what a merchant
 * sends after it: merchants that send the least come first, and none gets more than its share.
 *
 * A delivery that was never tried waits while one of an earlier event of its payment, to the same
 * endpoint, was not tried either: first attempts are made in the order of the events. A later
 * event does not wait for retries, which may take days; receivers order by `sequence`.
 */
export async function takeDue(db: Db, request: Shares): Promise<DeliveryRow[]> {
  const { rooms, usage, liveShare, testShare } = request
  const { rows } = await sql<DeliveryRow>`
    with recursive queue as (
      (select merchant_id, livemode, endpoint_id from webhook_deliveries
        where status = 'pending' order by 1, 2, 3 limit 1)
      union all
      select next.* from queue q cross join lateral (
        select merchant_id, livemode, endpoint_id from webhook_deliveries
        where status = 'pending'
          and (merchant_id, livemode, endpoint_id) > (q.merchant_id, q.livemode, q.endpoint_id)
        order by 1, 2, 3 limit 1
      ) next
    ), due as materialized (
      select due.*, coalesce(u.taken, 0) + row_number() over (
        partition by q.merchant_id, q.livemode order by due.due_at, due.position) as nth
      from queue q
      left join unnest(${usage.map((u) => u.merchantId)}::text[],
        ${usage.map((u) => u.livemode)}::boolean[],
        ${usage.map((u) => u.taken)}::integer[]) as u (merchant_id, livemode, taken)
        on u.merchant_id = q.merchant_id and u.livemode = q.livemode
      left join unnest(${rooms.map((r) => r.endpointId)}::text[],
        ${rooms.map((r) => r.room)}::integer[]) as r (endpoint_id, room)
        on r.endpoint_id = q.endpoint_id
      cross join lateral (
        select d.merchant_id, d.livemode, d.id, d.due_at, d.position from webhook_deliveries d
        where d.merchant_id = q.merchant_id and d.livemode = q.livemode
          and d.endpoint_id = q.endpoint_id and d.status = 'pending' and d.due_at <= now()
          and (d.attempts > 0 or not exists (
            select from webhook_deliveries earlier
            where earlier.merchant_id = d.merchant_id and earlier.livemode = d.livemode
              and earlier.endpoint_id = d.endpoint_id and earlier.subject_id = d.subject_id
              and earlier.position < d.position
              and earlier.status = 'pending' and earlier.attempts = 0))
        order by d.due_at, d.position
        limit greatest(0, least(coalesce(r.room, ${request.roomDefault}),
          case when q.livemode then ${liveShare}::integer else ${testShare}::integer end
            - coalesce(u.taken, 0)))
        for update skip locked
      ) due
    ), ranked as (
      select *, row_number() over (partition by livemode order by nth, due_at, position) as place
      from due
      where nth <= case when livemode then ${liveShare}::integer else ${testShare}::integer end
    ), picked as materialized (
      select * from ranked where livemode or place <= ${request.testLimit}
      order by nth, due_at, position limit ${request.limit}
    )
    update webhook_deliveries d
    set lease = ${newLease()}, due_at = ${leaseEnd(leaseSeconds)}, planned_again = false
    from picked p
    where d.merchant_id = p.merchant_id and d.livemode = p.livemode and d.id = p.id
    returning d.*`.execute(db)
  return rows
}

/** What came of an attempt, or of a delivery that could not be attempted. */
export interface Outcome {
  readonly delivery: DeliveryRow
  readonly result: 'delivered' | 'failed' | 'not sent'
  /** When to try again; `null`: not any more. */
  readonly retryDelayMs: number | null
  readonly responseCode: number | null
  readonly durationMs: number | null
  readonly error: string | null
  readonly responseBody: string | null
}

/**
 * Records the results of attempts. Returns the ids of the deliveries whose lease was current.
 *
 * A result that comes after another process has claimed the delivery changes neither the delivery
 * nor the health of its endpoint: only the log shows that attempt. A failure of a delivery that was
 * to be sent again meanwhile is not counted: it is sent again at once.
 */
export async function recordOutcomes(
  db: Db,
  outcomes: readonly Outcome[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    with outcome as materialized (${outcomeRows(outcomes)}), locked as materialized (
      select o.*, d.endpoint_id, d.attempts, d.late_attempts, d.planned_again, d.is_current
      from outcome o cross join lateral (
        select d.endpoint_id, d.attempts, d.late_attempts, d.planned_again,
          coalesce(d.lease = o.lease, false) as is_current
        from webhook_deliveries d
        where d.merchant_id = o.merchant_id and d.livemode = o.livemode and d.id = o.id
        for no key update
      ) d
    ), done as (
      update webhook_deliveries d
      set status = case when l.result = 'delivered' then 'succeeded'
          when l.delay_ms is null and not l.planned_again then 'failed' else 'pending' end,
        attempts = case when l.is_sent then l.attempts + l.late_attempts + 1 else l.attempts end,
        late_attempts = case when l.is_sent then 0 else l.late_attempts end,
        tries = case when l.planned_again then 0 when l.is_sent then d.tries + 1 else d.tries end,
        due_at = case when l.result = 'delivered' then null when l.planned_again then now()
          else now() + l.delay_ms * interval '1 millisecond' end,
        lease = null,
        response_code = case when l.is_sent then l.response_code else d.response_code end,
        duration_ms = case when l.is_sent then l.duration_ms else d.duration_ms end,
        error = case when l.is_sent then l.error else coalesce(l.error, d.error) end
      from locked l
      where l.is_current
        and d.merchant_id = l.merchant_id and d.livemode = l.livemode and d.id = l.id
        and d.lease = l.lease
      returning d.id
    ), late as (
      update webhook_deliveries d set late_attempts = l.late_attempts + 1
      from locked l
      where not l.is_current and l.is_sent
        and d.merchant_id = l.merchant_id and d.livemode = l.livemode and d.id = l.id
    ), logged as (
      insert into webhook_attempts (merchant_id, livemode, delivery_id, attempt, response_code,
        duration_ms, error, response_body, created_at)
      select merchant_id, livemode, id, attempts + late_attempts + 1, response_code, duration_ms,
        error, response_body, date_trunc('second', now())
      from locked where is_sent
    ), health as (
      select merchant_id, livemode, endpoint_id, bool_or(result = 'delivered') as works
      from locked where is_current and is_sent group by 1, 2, 3
    ), noted as (
      update webhook_endpoints e
      set failing_since = case when h.works then null else date_trunc('second', now()) end
      from health h
      where e.merchant_id = h.merchant_id and e.livemode = h.livemode and e.id = h.endpoint_id
        and (e.failing_since is not null) = h.works
    )
    select id from done`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

/** Outcomes as rows, in the order of the deliveries' keys. */
function outcomeRows(outcomes: readonly Outcome[]) {
  const column = <T>(pick: (outcome: Outcome) => T) => outcomes.map(pick)
  return sql`
      select o.*, o.result <> 'not sent' as is_sent from unnest(
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

/**
 * Brings the retries of a merchant's test mode forward by as much as its clock is advanced, though
 * not to before now. What is being attempted, or was never, is left alone; so is what another
 * statement holds: it is due already.
 */
export async function hastenRetries(
  tx: Db,
  { merchantId, seconds }: { merchantId: string; seconds: number },
): Promise<void> {
  await sql`
    with waiting as materialized (
      select d.id from webhook_endpoints e cross join lateral (
        select d.id from webhook_deliveries d
        where d.merchant_id = e.merchant_id and d.livemode = e.livemode
          and d.endpoint_id = e.id and d.status = 'pending' and d.due_at > now()
          and d.attempts > 0 and d.lease is null
        for update skip locked
      ) d
      where e.merchant_id = ${merchantId} and not e.livemode
    )
    update webhook_deliveries d
    set due_at = greatest(now(), d.due_at - make_interval(secs => ${seconds}))
    from waiting w
    where d.merchant_id = ${merchantId} and not d.livemode and d.id = w.id`.execute(tx)
}

/** An endpoint, and for how long every attempt has failed, by the database's clock. */
export type FailingEndpoint = EndpointRow & { readonly failing_seconds: number | null }

/** The endpoints of some deliveries, by their ids. */
export async function findEndpointsOf(
  db: Db,
  deliveries: readonly DeliveryRow[],
): Promise<Map<string, FailingEndpoint>> {
  const keys = [...new Map(deliveries.map((row) => [row.endpoint_id, row])).values()]
  const { rows } = await sql<FailingEndpoint>`
    select e.*, extract(epoch from now() - e.failing_since)::double precision as failing_seconds
    from unnest(${keys.map((key) => key.merchant_id)}::text[],
        ${keys.map((key) => key.livemode)}::boolean[],
        ${keys.map((key) => key.endpoint_id)}::text[]) as k (merchant_id, livemode, id)
      join webhook_endpoints e on e.merchant_id = k.merchant_id and e.livemode = k.livemode
        and e.id = k.id`.execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}
