import { hash } from 'node:crypto'
import { idempotencyKeyLengthMax } from '@hedgepayments/contract'
import { type Refusal, refuseField } from '../answers/refusal.ts'

/** The idempotency key of a request and what it stands for. */
export interface IdempotencyKey {
  readonly key: string
  /** SHA-256 of method, path and body: tells a replay from another request with the same key. */
  readonly requestHash: Buffer
  /** The secret key that asks, where the answer holds a secret and is stored sealed by it. */
  readonly sealedBy?: string
}

const printable = /^[\x20-\x7e]+$/
const expected = `1 to ${idempotencyKeyLengthMax} printable ASCII characters`

/**
 * Reads the header, or the field of a body that repeats one: bare, or as the quoted string of the IETF draft.
 * Source: api.md, Idempotency.
 */
export function parseIdempotencyKey(header: string, field = 'Idempotency-Key'): string | Refusal {
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)
  const key = quoted?.[1]?.replace(/\\(["\\])/g, '$1') ?? header
  if (key.length > idempotencyKeyLengthMax || !printable.test(key)) {
    return refuseField(field, header, expected)
  }
  return key
}

/** Two requests are the same when method, path and body are; the order of fields does not count. */
export function hashRequest(request: { method: string; path: string; body: unknown }): Buffer {
  const { method, path, body } = request
  return hash('sha256', `${method}\n${path}\n${canonical(body ?? {})}`, 'buffer')
}

function canonical(value: unknown): string {
  // Almost every body: with no object inside and at most one field there is no order to settle.
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
