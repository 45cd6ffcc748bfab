import { type Kysely, sql } from 'kysely'

/**
 * Fencing tokens for the leases of requests. Each claim of an idempotency key takes the next number
 * of the sequence. No number is used twice, also when a record is dropped and the key used again.
 *
 * The calls to the processor that a request makes for a payment name their submission: the number of
 * its first call. The highest one is the submission that may move the payment.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create sequence idempotency_lease_tokens`.execute(db)
  await sql`alter table idempotency_records add column lease_token bigint`.execute(db)
  await sql`
    alter table payment_attempts
      add column submission integer,
      add column leased_until timestamptz`.execute(db)
}
