import { sql } from 'kysely'
import type { Db } from '../database/db.ts'

/** A key that signs heads. */
export interface HeadKeyRow {
  readonly id: string
  /** The DER of the public key, in base64. */
  readonly public_key: string
  /** The private key as a `Sealer` stores it. */
  readonly secret: string
}

/** The key that signs; `undefined`: there is none yet. */
export async function findHeadKey(db: Db): Promise<HeadKeyRow | undefined> {
  const { rows } = await sql<HeadKeyRow>`
    select id, public_key, secret from head_keys where is_current`.execute(db)
  return rows[0]
}

/**
 * Whether a stored secret of another kind is encrypted: of an endpoint of webhooks, or the credentials of a
 * processor, which always are.
 */
export async function hasSealedSecrets(db: Db): Promise<boolean> {
  const { rows } = await sql<{ is_sealed: boolean }>`
    select exists (select 1 from processor_credentials)
      or exists (select 1 from webhook_endpoints
        where starts_with(secret, 'sealed:') or starts_with(old_secret, 'sealed:'))
      as is_sealed`.execute(db)
  return rows[0]?.is_sealed ?? false
}

/** All keys that have signed heads. There are as many as an operator has made: usually one. */
export async function listHeadKeys(db: Db): Promise<HeadKeyRow[]> {
  const { rows } = await sql<HeadKeyRow>`
    select id, public_key, secret from head_keys order by id limit 1000`.execute(db)
  return rows
}

/** Stores the first key. If several processes make one, the first of them wins. */
export async function insertHeadKey(db: Db, key: HeadKeyRow): Promise<void> {
  await sql`
    insert into head_keys (id, is_current, public_key, secret)
    values (${key.id}, true, ${key.public_key}, ${key.secret})
    on conflict do nothing`.execute(db)
}

/** Stores the sealed secret of a key. `false`: somebody has changed it since `before` was read. */
export async function saveHeadKeySecret(
  db: Db,
  { before, sealed }: { before: HeadKeyRow; sealed: string },
): Promise<boolean> {
  const { rows } = await sql`
    update head_keys set secret = ${sealed}
    where id = ${before.id} and secret = ${before.secret} returning 1`.execute(db)
  return rows.length > 0
}
