import { deliveryStatuses, type WebhookDeliveryListQuery } from '@hedgepayments/contract'
import { sql } from 'kysely'
import { onNode } from '../../database/cluster/cluster.ts'
import { createdWithin } from '../../database/created-within.ts'
import type { Db } from '../../database/db.ts'
import type { AttemptRow, DeliveryRow, EndpointRow } from '../../database/webhook-rows.ts'
import type { Account } from '../../domain/account.ts'
import { eventKeyOf } from '../../events/event-id.ts'
import type { FencedPage } from '../../http/request/pagination.ts'
import {
  allRows,
  createdRange,
  ofAccount,
  rangeOf,
  type ScannedPage,
  type Source,
  scanPage,
  whole,
} from '../../lists/scan.sql.ts'

type Key = { account: Account; id: string }
type Filter = Pick<
  WebhookDeliveryListQuery,
  'endpoint_id' | 'event_id' | 'payment_id' | 'status' | 'created_at'
>

/** Attempts shown for a delivery, the newest first: manual retries have no limit. */
const attemptsShown = 100

/** Deliveries that a page reads of each range of an index. All of them match but for the subject. */
const scannedOfRangeMax = 500

/** Reads a page of deliveries, newest first. */
export async function listDeliveries(
  db: Db,
  { account, filter, page }: { account: Account; filter: Filter; page: FencedPage },
): Promise<ScannedPage<DeliveryRow>> {
  const event = filter.event_id === undefined ? null : eventKeyOf(filter.event_id)
  if (filter.event_id !== undefined && !event) return { rows: [], hasMore: false, nextCursor: null }
  const conditions = createdWithin('created_at', filter.created_at)
  if (filter.endpoint_id !== undefined) conditions.push(sql`endpoint_id = ${filter.endpoint_id}`)
  if (filter.payment_id !== undefined) conditions.push(sql`subject_id = ${filter.payment_id}`)
  if (filter.status !== undefined) conditions.push(sql`status = ${filter.status}`)
  if (event) {
    conditions.push(
      sql`subject_id = any(${event.subjectIds}::text[]) and sequence = ${event.sequence}`,
    )
  }
  const subjectIds = filter.payment_id === undefined ? event?.subjectIds : [filter.payment_id]
  const source = subjectIds ? ofSubjects(account, subjectIds) : byEndpoint(account, filter)
  const range = createdRange('delivery', rangeOf(page, scannedOfRangeMax), filter.created_at)
  return await scanPage<DeliveryRow>(db, { source, page, range, read: whole(conditions) })
}

/**
 * The deliveries that a filter by endpoint and status allows. Each endpoint and status has a range of an
 * index, and the ranges are merged. All deliveries have a range of the primary key.
 */
function byEndpoint(account: Account, filter: Filter): Source {
  const { endpoint_id: endpointId, status } = filter
  // Most deliveries have succeeded, so a page of them is full soon.
  if (endpointId === undefined && (status === undefined || status === 'succeeded')) {
    return allRows('webhook_deliveries', account)
  }
  const endpoints =
    endpointId === undefined
      ? sql`select id as endpoint_id from webhook_endpoints where ${ofAccount(account)}`
      : sql`select ${endpointId}::text as endpoint_id`
  const statuses = status === undefined ? deliveryStatuses : [status]
  return {
    isWhole: true,
    rows: ({ above, below, descending, limit }) => {
      const direction = descending ? sql`desc` : sql`asc`
      return sql`
        select d.* from (${endpoints}) e
          cross join unnest(${statuses}::text[]) s (status) cross join lateral (
            select * from webhook_deliveries
            where ${ofAccount(account)}
              and (endpoint_id, status, id) > (e.endpoint_id, s.status, ${above})
              and (endpoint_id, status, id) < (e.endpoint_id, s.status, ${below})
            order by endpoint_id ${direction}, status ${direction}, id ${direction} limit ${limit}
          ) d
        order by d.id ${direction} limit ${limit}`
    },
  }
}

/** The few deliveries about subjects of events. */
function ofSubjects(account: Account, subjectIds: readonly string[]): Source {
  return {
    isWhole: true,
    rows: ({ above, below, descending, limit }) => {
      const direction = descending ? sql`desc` : sql`asc`
      return sql`
        select d.* from unnest(${subjectIds}::text[]) s (subject_id) cross join lateral (
          select * from webhook_deliveries
          where ${ofAccount(account)} and (subject_id, id) > (s.subject_id, ${above})
            and (subject_id, id) < (s.subject_id, ${below})
          order by subject_id ${direction}, id ${direction} limit ${limit}
        ) d
        order by d.id ${direction} limit ${limit}`
    },
  }
}

/** Reads a delivery. `undefined`: the account has no delivery with this id. */
export async function findDelivery(db: Db, { account, id }: Key): Promise<DeliveryRow | undefined> {
  return await db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Reads the attempts of a delivery, newest first. */
export async function listAttempts(db: Db, { account, id }: Key): Promise<AttemptRow[]> {
  return await db
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
    .where('delivery_id', '=', id)
    .orderBy('attempt', 'desc')
    .limit(attemptsShown)
    .execute()
}

/**
 * Makes a delivery due now and restarts its schedule of retries. An attempt in progress continues;
 * if it fails, the next attempt follows at once.
 */
export async function retryDelivery(
  db: Db,
  { account, id }: Key,
): Promise<DeliveryRow | undefined> {
  const { rows } = await sql<DeliveryRow>`
    update webhook_deliveries
    set status = 'pending', tries = 0, planned_again = lease is not null,
      due_at = greatest(now(), case when lease is not null then due_at end)
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode} and id = ${id}
    returning *`.execute(db)
  return rows[0]
}

/** Makes the oldest failed deliveries of an endpoint due now. Returns how many, at most `limit`. */
export async function retryFailed(
  db: Db,
  { endpoint, limit }: { endpoint: EndpointRow; limit: number },
): Promise<{ count: number; hasMore: boolean }> {
  const { rows } = await sql<{ count: number }>`
    with failed as materialized (
      select id, row_number() over (order by id) as n from (
        select id from webhook_deliveries
        where merchant_id = ${endpoint.merchant_id} and livemode = ${endpoint.livemode}
          and endpoint_id = ${endpoint.id} and status = 'failed'
        order by id limit ${limit + 1}
      ) oldest
    ), put as (
      update webhook_deliveries d
      set status = 'pending', tries = 0, due_at = now()
      from failed f
      where d.merchant_id = ${endpoint.merchant_id} and d.livemode = ${endpoint.livemode}
        and d.id = f.id and f.n <= ${limit} and d.status = 'failed'
    )
    select count(*)::integer as count from failed`.execute(db)
  const found = rows[0]?.count ?? 0
  return { count: Math.min(found, limit), hasMore: found > limit }
}

/**
 * Moves the retries of a merchant's test mode forward by the seconds that its test clock advances,
 * to now at the earliest. Does not move deliveries in progress and first attempts. Skips rows that
 * another statement has locked: a claim locks them, because they are due already.
 */
export async function rescheduleRetries(
  tx: Db,
  { merchantId, seconds }: { merchantId: string; seconds: number },
): Promise<void> {
  await sql`
    with waiting as materialized (
      select d.id, greatest(now(), d.due_at - make_interval(secs => ${seconds})) as due_at
      from webhook_endpoints e cross join lateral (
        select d.id, d.due_at from webhook_deliveries d
        where d.merchant_id = e.merchant_id and d.livemode = e.livemode
          and d.endpoint_id = e.id and d.status = 'pending' and d.due_at > now()
          and d.attempts > 0 and d.lease is null
          ${onNode(tx, 'd', { merchantId, livemode: false })}
        for update skip locked
      ) d
      where e.merchant_id = ${merchantId} and not e.livemode
    )
    update webhook_deliveries d
    set due_at = w.due_at
    from waiting w
    where d.merchant_id = ${merchantId} and not d.livemode and d.id = w.id`.execute(tx)
}
