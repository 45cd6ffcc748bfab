import type { Configuration } from './configuration.ts'
import { InvalidArgumentError } from './errors.ts'
import type { RequestOptions } from './types/options.ts'
import { version } from './version.ts'

/**
 * The headers of one call, with a new idempotency key when a POST has none. Throws
 * InvalidArgumentError for what no header can hold; its message does not repeat the value.
 */
export function requestHeaders(facts: {
  method: string
  hasBody: boolean
  configuration: Configuration
  options: RequestOptions
}): Headers {
  const { method, hasBody, configuration, options } = facts
  const headers = new Headers({
    accept: 'application/json',
    'user-agent': `hedgepayments-node/${version}`,
  })
  for (const [name, value] of Object.entries(options.headers ?? {})) set(headers, name, value)
  headers.set('authorization', `Bearer ${configuration.apiSecret}`)
  if (hasBody) headers.set('content-type', 'application/json')
  const { ifMatch, idempotencyKey } = options
  // `null` is none as well: it is what `Headers.get` and databases answer.
  if (ifMatch !== undefined && ifMatch !== null) set(headers, 'if-match', ifMatch)
  if (idempotencyKey !== undefined && idempotencyKey !== null) {
    set(headers, 'idempotency-key', checkIdempotencyKey(idempotencyKey))
  } else if (method === 'POST' && !headers.has('idempotency-key')) {
    headers.set('idempotency-key', crypto.randomUUID())
  }
  return headers
}

function checkIdempotencyKey(key: string): string {
  if (/^[\x20-\x7e]{1,255}$/.test(key) && key.trim() !== '') return key
  throw refuse('idempotencyKey must be 1 to 255 printable ASCII characters')
}

function set(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value)
  } catch {
    throw refuse(`the header ${name} has a name or a value that cannot be sent`)
  }
}

function refuse(message: string): InvalidArgumentError {
  return new InvalidArgumentError(message, { code: 'invalid_argument' })
}
