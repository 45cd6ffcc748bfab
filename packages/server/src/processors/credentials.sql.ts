import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { ProcessorCredentialsRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'

/** The credentials that the merchant has set for a mode. */
export async function findCredentials(
  db: Db,
  account: Account,
): Promise<ProcessorCredentialsRow | undefined> {
  const { rows } = await sql<ProcessorCredentialsRow>`
    select * from processor_credentials
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}`.execute(db)
  return rows[0]
}

/** Inserts or replaces the credentials of a merchant and mode. */
export async function saveCredentials(db: Db, row: ProcessorCredentialsRow): Promise<void> {
  await db
    .insertInto('processor_credentials')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['merchant_id', 'livemode']).doUpdateSet({
        processor: row.processor,
        key_id: row.key_id,
        sealed: row.sealed,
        secret_hint: row.secret_hint,
        publishable_key: row.publishable_key,
        has_webhook_secret: row.has_webhook_secret,
        updated_at: row.updated_at,
      }),
    )
    .execute()
}

/** Deletes the credentials of a merchant and mode. @returns `false` if none were set. */
export async function deleteCredentials(db: Db, account: Account): Promise<boolean> {
  const { rows } = await sql`
    delete from processor_credentials
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
    returning 1`.execute(db)
  return rows.length > 0
}
