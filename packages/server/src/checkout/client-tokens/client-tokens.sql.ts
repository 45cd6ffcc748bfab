import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { KeyForAuth } from '../../merchants/keys.sql.ts'

type Db = Kysely<Schema>

/** The server's signing key for a purpose; of several processes that make the first, one does. */
export async function findOrInsertSigningKey(
  db: Db,
  made: { id: string; purpose: string; secret: Buffer; now: Timestamp },
): Promise<{ id: string; secret: Buffer }> {
  await sql`
    insert into signing_keys (id, purpose, secret, created_at)
    values (${made.id}, ${made.purpose}, ${made.secret}, ${made.now}::timestamptz)
    on conflict (purpose) do nothing`.execute(db)
  const { rows } = await sql<{ id: string; secret: Buffer }>`
    select id, secret from signing_keys where purpose = ${made.purpose}`.execute(db)
  const [key] = rows
  if (!key) throw new Error('a signing key vanished')
  return key
}

/** The key that a token was made with, revoked or not. */
export async function findKeyById(db: Db, id: string): Promise<KeyForAuth | undefined> {
  const { rows } = await sql<KeyForAuth>`
    select k.id, k.merchant_id, k.livemode, k.secret_hash, k.scopes, k.requests_per_minute,
      k.budget_names, k.budget_limits, k.expires_at, k.revoked_at,
      coalesce(c.offset_seconds, 0)::integer as clock_offset_seconds
    from api_keys k
      left join test_clocks c on c.merchant_id = k.merchant_id and not k.livemode
    where k.id = ${id}`.execute(db)
  return rows[0]
}
