import type { IdempotencyRow } from '../database/schema.ts'
import type { Answer, Reply } from '../http/answers/answer.ts'
import { unavailable } from '../http/answers/failures.ts'
import { type Refusal, refuse } from '../http/answers/refusal.ts'
import type { IdempotencyKey } from '../http/request/idempotency-key.ts'

/** Header that marks a first answer told again. Source: api.md, Idempotency. */
const replayedHeader = { 'idempotent-replayed': 'true' }

/**
 * Refuses a key that was used for another request or whose first request still runs; `null` where
 * the record is an answer to this very request.
 */
export function refuseRecord(
  record: IdempotencyRow,
  { key, requestHash }: IdempotencyKey,
): Refusal | null {
  if (record.outcome === 'awaited' || !record.request_hash?.equals(requestHash)) {
    return refuse(
      'idempotency_key_reused',
      `The idempotency key ${JSON.stringify(key)} was used for another request.`,
    )
  }
  if (record.outcome === 'running') {
    const refusal = refuse(
      'idempotency_key_in_use',
      'The first request with this idempotency key still runs. Try again in a moment.',
    )
    return { ...refusal, headers: { 'retry-after': '1' } }
  }
  return null
}

/** The first answer of a record that holds it, byte for byte. */
export function storedAnswer(record: IdempotencyRow): Answer & { body: string } {
  const { http_status: status, body, event_sequence: sequence } = record
  if (record.outcome !== 'stored' || status === null || body === null) {
    throw new Error(`a record with outcome ${record.outcome} holds no answer`)
  }
  const etag = sequence === null ? {} : { etag: `"${sequence}"` }
  return { status, body, headers: { ...replayedHeader, ...etag } }
}

/** For a record that was there and, being old enough, was dropped before it could be read. */
export function recordDropped(): Refusal {
  return unavailable('The first answer to this idempotency key has just expired. Try again.')
}

/** Marks a reply as told again. */
export function asReplay(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, ...replayedHeader } }
}
