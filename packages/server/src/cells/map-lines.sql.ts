import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import { isServedHere } from '../jobs/lease.sql.ts'

/** Keys read by one statement. */
const keysPerPage = 5_000

/**
 * The SHA-256 of each secret key that is not revoked, in hexadecimal digits, of all merchants that are served
 * here or of one. A proxy computes it from the Authorization header; the key does not follow from it.
 */
export async function* listMapLines(db: Db, merchantId: string | null): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const { rows } = await sql<{ id: string; hash: string }>`
      select k.id, encode(k.secret_hash, 'hex') as hash from api_keys k
      where k.id > ${after} and k.revoked_at is null and ${isServedHere('k')}
        and (${merchantId}::text is null or k.merchant_id = ${merchantId})
      order by k.id limit ${keysPerPage}`.execute(db)
    for (const { hash } of rows) yield hash
    const last = rows.at(-1)
    if (!last || rows.length < keysPerPage) return
    after = last.id
  }
}
