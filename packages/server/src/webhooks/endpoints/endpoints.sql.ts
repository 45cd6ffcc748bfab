import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { EndpointRow } from '../../database/webhook-rows.ts'
import { type Account, accountOf } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { FencedPage } from '../../http/request/pagination.ts'
import { allRows, type ScannedPage, scanPage, whole } from '../../lists/scan.sql.ts'
import { lockLimit } from '../../merchants/merchants.sql.ts'

type Key = { account: Account; id: string }

/**
 * Inserts an endpoint. `false`: the account has `max` endpoints already. Locks this limit until the
 * transaction ends, so that concurrent requests cannot exceed the maximum together.
 */
export async function insertEndpoint(
  tx: Db,
  { row, max }: { row: EndpointRow; max: number },
): Promise<boolean> {
  await lockLimit(tx, { account: accountOf(row), of: 'webhook endpoints' })
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from webhook_endpoints
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode} and deleted_at is null
  `.execute(tx)
  if ((rows[0]?.count ?? 0) >= max) return false
  await tx.insertInto('webhook_endpoints').values(row).execute()
  return true
}

/** Reads an endpoint. `undefined`: it does not exist, or was deleted. */
export async function findEndpoint(db: Db, { account, id }: Key): Promise<EndpointRow | undefined> {
  return await db
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}

/** Reads an endpoint and locks its row until the transaction ends. */
export async function lockEndpoint(tx: Db, { account, id }: Key): Promise<EndpointRow | undefined> {
  const { rows } = await sql<EndpointRow>`
    select * from webhook_endpoints
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and id = ${id} and deleted_at is null
    for no key update`.execute(tx)
  return rows[0]
}

/** Reads a page of endpoints, newest first. */
export async function listEndpoints(
  db: Db,
  { account, page }: { account: Account; page: FencedPage },
): Promise<ScannedPage<EndpointRow>> {
  const source = allRows('webhook_endpoints', account)
  const read = whole([sql`deleted_at is null`])
  return await scanPage<EndpointRow>(db, { source, page, read })
}

/** Changes columns of an endpoint. `undefined`: it does not exist, or was deleted. */
export async function updateEndpoint(
  db: Db,
  { account, id, columns }: Key & { columns: Partial<EndpointRow> },
): Promise<EndpointRow | undefined> {
  return await db
    .updateTable('webhook_endpoints')
    .set(columns)
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
}

/**
 * Disables an endpoint that still has this `url` and, unless `failingDays` is 0, has failed for so many
 * days by the database's clock. `undefined`: it is disabled already, works again, or its URL has
 * changed.
 */
export async function disableEndpoint(
  tx: Db,
  given: Key & { url: string; reason: 'gone' | 'failing'; failingDays: number; now: Timestamp },
): Promise<EndpointRow | undefined> {
  const { rows } = await sql<EndpointRow>`
    update webhook_endpoints
    set enabled = false, disabled_reason = ${given.reason}, sequence = sequence + 1,
      updated_at = ${given.now}::timestamptz,
      replay_since = null, replay_from = null, replay_through = null
    where merchant_id = ${given.account.merchantId} and livemode = ${given.account.livemode}
      and id = ${given.id} and url = ${given.url} and enabled
      and (${given.failingDays} = 0
        or failing_since <= now() - ${given.failingDays} * interval '24 hours')
    returning *`.execute(tx)
  return rows[0]
}

/** The error of a delivery to a disabled endpoint. */
export const disabledError = 'Not sent: the endpoint was disabled.'

/**
 * Fails the pending deliveries of a disabled endpoint, except those that a process has claimed: their
 * next claim finds the endpoint disabled.
 */
export async function failPending(db: Db, endpoint: EndpointRow): Promise<void> {
  await sql`
    update webhook_deliveries
    set status = 'failed', due_at = null, error = ${disabledError}
    where merchant_id = ${endpoint.merchant_id} and livemode = ${endpoint.livemode}
      and endpoint_id = ${endpoint.id} and status = 'pending' and lease is null`.execute(db)
}

/**
 * Plans a replay of all events from `since` up to the position of the relay, which delivers later
 * events anyway. A replay in progress starts again, from the earlier of the two times.
 */
export async function requestReplay(
  db: Db,
  { account, id, since }: Key & { since: Timestamp },
): Promise<void> {
  const { rows } = await sql<{ counted: string; relayed: string }>`
    select s.position as counted, r.position as relayed from stats_progress s, event_relay r`.execute(
    db,
  )
  const [progress] = rows
  // Of the events before those of that hour, the ones that are not counted yet are read too.
  await sql`
    update webhook_endpoints e
    set replay_since = least(e.replay_since, ${since}::timestamptz),
      replay_from = least(${progress?.counted}::bigint, (
        select min(h.first_position) - 1 from event_hours h
        where h.merchant_id = e.merchant_id and h.livemode = e.livemode
          and h.hour >= date_trunc('hour', least(e.replay_since, ${since}::timestamptz), 'UTC')
      )),
      replay_through = ${progress?.relayed}::bigint
    where e.merchant_id = ${account.merchantId} and e.livemode = ${account.livemode}
      and e.id = ${id} and e.enabled and e.deleted_at is null`.execute(db)
}
