import type { IdempotencyRow, Timestamp } from '../database/schema.ts'
import { recordSecondsKept } from '../idempotency/retention.ts'
import { plusSeconds } from '../time.ts'

/** Until when a create still meets the promise to cancel it: as long as records of keys are kept. */
export function promisedUntil({ created_at: createdAt }: IdempotencyRow): Timestamp {
  return plusSeconds(createdAt, recordSecondsKept)
}

/**
 * Whether the record is a promise that nobody can rely on any more. It may lie there for a while
 * all the same, until retention comes by.
 */
export function hasLapsed(record: IdempotencyRow, now: Timestamp): boolean {
  return record.outcome === 'awaited' && now > promisedUntil(record)
}
