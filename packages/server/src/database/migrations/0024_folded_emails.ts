import { type Kysely, sql } from 'kysely'
import { createIndexConcurrently } from './create-index.ts'

export const isRepeatable = true

/** Payments by the e-mail address of their customer, whatever the case of its letters. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // As `foldedEmail` of payments.sql.ts. An address never changes, so a cancel touches no index.
  await createIndexConcurrently(db, {
    name: 'payments_folded_email',
    definition: 'payments (merchant_id, livemode, lower(customer_email collate "C"), id)',
  })
  // Asked for by nobody any more, and one index more for each create to write.
  await sql`drop index concurrently if exists payments_email`.execute(db)
}
