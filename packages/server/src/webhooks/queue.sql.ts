import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { DeliveryRow, EndpointRow } from '../database/webhook-rows.ts'
import type { Account } from '../http/auth.ts'

type Db = Kysely<Schema>

/**
 * How long a process may keep a delivery, in seconds: twice what an attempt may take. After a
 * `kill -9` another process takes it then. Times of the queue are the database's, so that the
 * clocks of the processes do not matter.
 */
const leaseSeconds = 20

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
export async function takeDue(db: Db, request: Shares & { lease: string }): Promise<DeliveryRow[]> {
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
    set lease = ${request.lease}, due_at = now() + ${leaseSeconds} * interval '1 second'
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
 * Writes outcomes down, with their attempts and whether the endpoints fail. An outcome of a lease
 * that has ended is dropped: the delivery is another process's by now.
 */
export async function recordOutcomes(db: Db, outcomes: readonly Outcome[]): Promise<void> {
  const column = <T>(pick: (outcome: Outcome) => T) => outcomes.map(pick)
  await sql`
    with outcome as materialized (
      select * from unnest(
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
    ), done as (
      update webhook_deliveries d
      set status = case when o.result = 'delivered' then 'succeeded'
          when o.delay_ms is null then 'failed' else 'pending' end,
        attempts = d.attempts + case o.result when 'not sent' then 0 else 1 end,
        tries = d.tries + case o.result when 'not sent' then 0 else 1 end,
        due_at = case when o.result <> 'delivered'
          then now() + o.delay_ms * interval '1 millisecond' end,
        lease = null,
        response_code = case o.result when 'not sent' then d.response_code else o.response_code end,
        duration_ms = case o.result when 'not sent' then d.duration_ms else o.duration_ms end,
        error = case o.result when 'not sent' then coalesce(o.error, d.error) else o.error end
      from outcome o
      where d.merchant_id = o.merchant_id and d.livemode = o.livemode and d.id = o.id
        and d.lease = o.lease
      returning d.merchant_id, d.livemode, d.id, d.endpoint_id, d.attempts, o.result,
        o.response_code, o.duration_ms, o.error, o.response_body
    ), logged as (
      insert into webhook_attempts (merchant_id, livemode, delivery_id, attempt, response_code,
        duration_ms, error, response_body, created_at)
      select merchant_id, livemode, id, attempts, response_code, duration_ms, error,
        response_body, date_trunc('second', now())
      from done where result <> 'not sent'
    ), health as (
      select merchant_id, livemode, endpoint_id, bool_or(result = 'delivered') as works
      from done where result <> 'not sent' group by 1, 2, 3
    )
    update webhook_endpoints e
    set failing_since = case when h.works then null else date_trunc('second', now()) end
    from health h
    where e.merchant_id = h.merchant_id and e.livemode = h.livemode and e.id = h.endpoint_id
      and (e.failing_since is not null) = h.works`.execute(db)
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

/** The endpoints of some deliveries, by their ids. */
export async function findEndpointsOf(
  db: Db,
  deliveries: readonly DeliveryRow[],
): Promise<Map<string, EndpointRow>> {
  const keys = [...new Map(deliveries.map((row) => [row.endpoint_id, row])).values()]
  const { rows } = await sql<EndpointRow>`
    select e.* from unnest(${keys.map((key) => key.merchant_id)}::text[],
        ${keys.map((key) => key.livemode)}::boolean[],
        ${keys.map((key) => key.endpoint_id)}::text[]) as k (merchant_id, livemode, id)
      join webhook_endpoints e on e.merchant_id = k.merchant_id and e.livemode = k.livemode
        and e.id = k.id`.execute(db)
  return new Map(rows.map((row) => [row.id, row]))
}
