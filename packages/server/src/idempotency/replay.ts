import type { IdempotencyRow } from '../database/schema.ts'
import type { Answer, Reply } from '../http/answers/answer.ts'
import { unavailable } from '../http/answers/failures.ts'
import { type Refusal, refuse } from '../http/answers/refusal.ts'
import type { IdempotencyKey } from '../http/request/idempotency-key.ts'

/** The header that marks a replayed answer. Source: `answerHeaders` of the contract. */
const replayedHeader = { 'idempotent-replayed': 'true' }

/**
 * Refuses a key that was used for another request, or whose first request is in progress. Returns
 * `null` where the record has the answer to this request.
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
      'The first request with this idempotency key is still in progress. Try again after a second.',
    )
    return { ...refusal, headers: { 'retry-after': '1' } }
  }
  return null
}

/** The first answer that a record stores, byte for byte. */
export function storedAnswer(record: IdempotencyRow): Answer & { body: string } {
  const { http_status: status, body, event_sequence: sequence } = record
  if (record.outcome !== 'stored' || status === null || body === null) {
    throw new Error(`a record with outcome ${record.outcome} has no answer`)
  }
  const etag = sequence === null ? {} : { etag: `"${sequence}"` }
  return { status, body, headers: { ...replayedHeader, ...etag } }
}

/** For a record that retention dropped between the claim of its key and the read. */
export function recordDropped(): Refusal {
  return unavailable('The first answer to this idempotency key has just expired. Try again.')
}

/** Marks a reply as replayed. */
export function asReplay(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, ...replayedHeader } }
}
