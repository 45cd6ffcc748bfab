import { sql } from 'kysely'
import type { Db } from '../database/db.ts'

/** What the servers of a database last started with. */
export interface Cell {
  /** `HEDGE_PUBLIC_URL`; `null`: it is not set. */
  readonly publicUrl: string | null
  /** Names the keys that open stored secrets. */
  readonly encryptionKeyIds: readonly string[]
}

/** Stores what a server starts with. It writes only what has changed. */
export async function saveCell(db: Db, { publicUrl, encryptionKeyIds }: Cell): Promise<void> {
  await sql`
    insert into cell (public_url, encryption_key_ids)
    values (${publicUrl}, ${encryptionKeyIds}::text[])
    on conflict (id) do update
    set public_url = excluded.public_url, encryption_key_ids = excluded.encryption_key_ids
    where (cell.public_url, cell.encryption_key_ids)
      is distinct from (excluded.public_url, excluded.encryption_key_ids)`.execute(db)
}

/** What the servers of a database last started with; `undefined`: none has started. */
export async function readCell(db: Db): Promise<Cell | undefined> {
  const { rows } = await sql<Cell>`
    select public_url as "publicUrl", encryption_key_ids as "encryptionKeyIds" from cell`.execute(
    db,
  )
  return rows[0]
}
