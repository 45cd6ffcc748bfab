import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { Timestamp } from '../../domain/time.ts'
import { columnsForAuth, type KeyForAuth, keysWithClocks } from '../../merchants/keys.sql.ts'

/**
 * Inserts a session. Deletes expired sessions, and the oldest ones of the key beyond `max`. Locks the
 * key's row until the transaction ends, so that concurrent sign-ins cannot exceed `max`.
 */
export async function insertSession(
  tx: Db,
  session: {
    tokenHash: Buffer
    keyId: string
    now: Timestamp
    expiresAt: Timestamp
    max: number
  },
): Promise<void> {
  await sql`select from api_keys where id = ${session.keyId} for no key update`.execute(tx)
  await sql`
    with over as (
      delete from dashboard_sessions where expires_at <= ${session.now}::timestamptz
    ), surplus as (
      delete from dashboard_sessions where token_hash in (
        select token_hash from dashboard_sessions where key_id = ${session.keyId}
        order by created_at desc, token_hash offset ${session.max - 1})
    )
    insert into dashboard_sessions (token_hash, key_id, created_at, expires_at)
    values (${session.tokenHash}, ${session.keyId}, ${session.now}::timestamptz,
      ${session.expiresAt}::timestamptz)`.execute(tx)
}

/** Finds the key that began a session, revoked or not. `undefined`: there is no such session. */
export async function findKeyBySession(
  db: Db,
  { tokenHash, now }: { tokenHash: Buffer; now: Timestamp },
): Promise<KeyForAuth | undefined> {
  const { rows } = await sql<KeyForAuth>`
    select ${columnsForAuth}
    from dashboard_sessions s join (${keysWithClocks}) on k.id = s.key_id
    where s.token_hash = ${tokenHash} and s.expires_at > ${now}::timestamptz`.execute(db)
  return rows[0]
}

/** Deletes a session. Returns `false` if there was none. */
export async function deleteSession(db: Db, tokenHash: Buffer): Promise<boolean> {
  const { rows } = await sql`
    delete from dashboard_sessions where token_hash = ${tokenHash} returning 1`.execute(db)
  return rows.length > 0
}

/** The merchant and the key of a session, as the dashboard shows them. */
export interface Holder {
  readonly merchant_name: string
  readonly key_name: string | null
  readonly secret_hint: string
}

/** Finds the holder of a key's sessions. */
export async function findHolder(db: Db, keyId: string): Promise<Holder | undefined> {
  const { rows } = await sql<Holder>`
    select m.name as merchant_name, k.name as key_name, k.secret_hint
    from api_keys k join merchants m on m.id = k.merchant_id
    where k.id = ${keyId}`.execute(db)
  return rows[0]
}
