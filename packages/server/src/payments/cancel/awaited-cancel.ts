import type { IdempotencyRow } from '../../database/schema.ts'
import { promisedEnd, type Timestamp } from '../../domain/time.ts'
import { recordSecondsKept } from '../../idempotency/retention.ts'

// A cancel by key can arrive before the create with that key. It is then stored as an idempotency
// record with the outcome `awaited`, and cancels the payment as soon as the create arrives.

/** When an awaited cancel expires: as late as other records of idempotency keys. */
export function awaitedUntil({ created_at: createdAt }: IdempotencyRow): Timestamp {
  return promisedEnd(createdAt, recordSecondsKept)
}

/**
 * Whether a record is an awaited cancel that has expired. Retention deletes the record later.
 *
 * @param now by the database's clock, as the record's `created_at`: all processes must agree.
 */
export function hasExpired(record: IdempotencyRow, now: Timestamp): boolean {
  return record.outcome === 'awaited' && now > awaitedUntil(record)
}
