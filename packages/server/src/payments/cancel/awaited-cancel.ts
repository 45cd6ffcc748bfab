import type { IdempotencyRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { promisedEnd } from '../../domain/time.ts'
import { recordSecondsKept } from '../../idempotency/retention.ts'

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
