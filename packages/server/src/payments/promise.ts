import type { IdempotencyRow, Timestamp } from '../database/schema.ts'
import { recordSecondsKept } from '../idempotency/retention.ts'
import { promisedEnd } from '../time.ts'

/** Until when an awaited cancel applies to its create: as long as records of keys are kept. */
export function promisedUntil({ created_at: createdAt }: IdempotencyRow): Timestamp {
  return promisedEnd(createdAt, recordSecondsKept)
}

/**
 * Whether the record is an awaited cancel that no longer applies. Retention deletes it later.
 *
 * @param now by the database's clock, as the record's `created_at`: all processes must agree.
 */
export function hasLapsed(record: IdempotencyRow, now: Timestamp): boolean {
  return record.outcome === 'awaited' && now > promisedUntil(record)
}
