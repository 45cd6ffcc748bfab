import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { Timestamp } from '../../domain/time.ts'
import { columnsForAuth, type KeyForAuth, keysWithClocks } from '../../merchants/keys.sql.ts'

/** Reads the signing key for a purpose. If several processes create the first one, one of them wins. */
export async function findOrInsertSigningKey(
  db: Db,
  key: { id: string; purpose: string; secret: Buffer; now: Timestamp },
): Promise<{ id: string; secret: Buffer }> {
  await sql`
    insert into signing_keys (id, purpose, secret, created_at)
    values (${key.id}, ${key.purpose}, ${key.secret}, ${key.now}::timestamptz)
    on conflict (purpose) do nothing`.execute(db)
  const { rows } = await sql<{ id: string; secret: Buffer }>`
    select id, secret from signing_keys where purpose = ${key.purpose}`.execute(db)
  const [found] = rows
  if (!found) throw new Error('a signing key no longer exists')
  return found
}

/** Reads the API key that created a token, also if it is revoked. */
export async function findKeyById(db: Db, id: string): Promise<KeyForAuth | undefined> {
  const { rows } = await sql<KeyForAuth>`
    select ${columnsForAuth} from ${keysWithClocks}
    where k.id = ${id}`.execute(db)
  return rows[0]
}
