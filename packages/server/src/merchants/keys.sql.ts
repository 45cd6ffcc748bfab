import type { ApiKey, KeyId, MerchantId, Scope } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { ApiKeyRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { Timestamp } from '../domain/time.ts'
import type { Budget } from '../http/request/auth.ts'
import type { FencedPage } from '../http/request/pagination.ts'
import { allRows, type ScannedPage, scanPage, whole } from '../lists/scan.sql.ts'
import { lockLimit } from './merchants.sql.ts'

/** The columns that authentication needs, with the offset of the merchant's test clock. */
export interface KeyForAuth {
  id: string
  merchant_id: string
  livemode: boolean
  secret_hash: Buffer
  scopes: Scope[]
  requests_per_minute: number
  budget_names: string[] | null
  budget_limits: number[] | null
  expires_at: Timestamp | null
  revoked_at: Timestamp | null
  clock_offset_seconds: number
}

/** The columns of `KeyForAuth`, for a query that reads `keysWithClocks`. */
export const columnsForAuth = sql`k.id, k.merchant_id, k.livemode, k.secret_hash, k.scopes,
  k.requests_per_minute, k.budget_names, k.budget_limits, k.expires_at, k.revoked_at,
  coalesce(c.offset_seconds, 0)::integer as clock_offset_seconds`

/** The keys `k`, each with the test clock `c` of its merchant in test mode. */
export const keysWithClocks = sql`api_keys k
  left join test_clocks c on c.merchant_id = k.merchant_id and not k.livemode`

/** Finds the key whose secret has this hash, revoked or not. */
export async function findKeyByHash(db: Db, secretHash: Buffer): Promise<KeyForAuth | undefined> {
  const { rows } = await sql<KeyForAuth>`
    select ${columnsForAuth} from ${keysWithClocks}
    where k.secret_hash = ${secretHash}`.execute(db)
  return rows[0]
}

/** Inserts a key pair. */
export async function insertKey(db: Db, key: ApiKeyRow): Promise<void> {
  await db.insertInto('api_keys').values(key).execute()
}

/** A page of the key pairs of a merchant and mode, revoked ones included, newest first. */
export async function listKeys(
  db: Db,
  { account, page }: { account: Account; page: FencedPage },
): Promise<ScannedPage<ApiKeyRow>> {
  const source = allRows('api_keys', account)
  return await scanPage<ApiKeyRow>(db, { source, page, read: whole([]) })
}

/** Revokes a key. Returns `false` if there is none, or if it was revoked before. */
export async function revokeKey(
  db: Db,
  { account, id, now }: { account: Account; id: string; now: Timestamp },
): Promise<boolean> {
  const { rows } = await sql`
    update api_keys set revoked_at = ${now}::timestamptz
    where id = ${id} and merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and revoked_at is null
    returning 1`.execute(db)
  return rows.length > 0
}

/** Finds a key pair of a merchant and mode, revoked or not. */
export async function findKey(
  db: Db,
  { account, id }: { account: Account; id: string },
): Promise<ApiKeyRow | undefined> {
  return await db
    .selectFrom('api_keys')
    .selectAll()
    .where('id', '=', id)
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
    .executeTakeFirst()
}

/** The limits and the expiry of a key. Keys that it creates may not exceed them. */
export interface KeyBounds {
  readonly requestsPerMinute: number
  /** The key's own budget, then those that it shares with the keys it descends from. */
  readonly budgets: readonly Budget[]
  readonly livemode: boolean
  readonly expiresAt: Timestamp | null
}

/** Reads the bounds of a key that exists. */
export async function findKeyBounds(db: Db, id: string): Promise<KeyBounds> {
  const row = await db
    .selectFrom('api_keys')
    .select(['id', 'requests_per_minute', 'budget_names', 'budget_limits', 'livemode'])
    .select('expires_at')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return {
    requestsPerMinute: row.requests_per_minute,
    budgets: budgetsOf(row),
    livemode: row.livemode,
    expiresAt: row.expires_at,
  }
}

/** The budgets that each request of a key counts against, nearest first. */
export function budgetsOf(
  key: Pick<ApiKeyRow, 'id' | 'requests_per_minute' | 'budget_names' | 'budget_limits'>,
): Budget[] {
  const shared = (key.budget_names ?? []).map((name, index) => ({
    name,
    perMinute: key.budget_limits?.[index] ?? 0,
  }))
  return [{ name: key.id, perMinute: key.requests_per_minute }, ...shared]
}

/**
 * Whether the merchant has fewer than `max` keys in use in this mode. Locks this limit until the
 * transaction ends, so that concurrent requests cannot exceed it together.
 */
export async function isBelowKeyLimit(
  tx: Db,
  { account, max }: { account: Account; max: number },
): Promise<boolean> {
  await lockLimit(tx, { account, of: 'keys' })
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from api_keys
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and revoked_at is null and (expires_at is null or expires_at > now())`.execute(tx)
  return (rows[0]?.count ?? 0) < max
}

/** The key pair as the API shows it, without the secret and its hash. */
export function renderKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id as KeyId,
    object: 'api_key',
    livemode: row.livemode,
    merchant_id: row.merchant_id as MerchantId,
    name: row.name,
    publishable_key: row.publishable_key,
    secret_hint: row.secret_hint,
    scopes: row.scopes,
    requests_per_minute: row.requests_per_minute,
    created_at: row.created_at,
    expires_at: row.expires_at,
    revoked_at: row.revoked_at,
  }
}
