import { hash } from 'node:crypto'
import { idempotencyKeyLengthMax } from '@hedgepayments/contract'
import { type Refusal, refuseField } from '../answers/refusal.ts'

/** The idempotency key of a request, with the hash of the request. */
export interface IdempotencyKey {
  readonly key: string
  /** SHA-256 of method, path and body. Distinguishes a replay from another request with the same key. */
  readonly requestHash: Buffer
  /** The caller's API key, if the answer contains a secret: the stored answer is sealed by it. */
  readonly sealedBy?: string
}

const printable = /^[\x20-\x7e]+$/
const expected = `1 to ${idempotencyKeyLengthMax} printable ASCII characters`

/**
 * Parses an idempotency key from the header, or from a field of the body. It may be bare, or a quoted
 * string as in the IETF draft.
 * Source: the parameter `Idempotency-Key` of the contract.
 */
export function parseIdempotencyKey(header: string, field = 'Idempotency-Key'): string | Refusal {
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)
  const key = quoted?.[1]?.replace(/\\(["\\])/g, '$1') ?? header
  if (key.length > idempotencyKeyLengthMax || !printable.test(key)) {
    return refuseField(field, header, expected)
  }
  return key
}

/** Hashes method, path and body. The order of the body's fields does not matter. */
export function hashRequest(request: { method: string; path: string; body: unknown }): Buffer {
  const { method, path, body } = request
  return hash('sha256', `${method}\n${path}\n${canonical(body ?? {})}`, 'buffer')
}

function canonical(value: unknown): string {
  // Fast path of most bodies: at most one field, and no nested object, need no sorting.
  if (typeof value === 'object' && value !== null) {
    const fields = Object.values(value)
    if (fields.length <= 1 && typeof fields[0] !== 'object') return JSON.stringify(value)
  }
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
