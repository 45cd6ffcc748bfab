import { invalidArgument } from '../arguments.ts'
import type { Configuration } from '../configuration.ts'
import type { RequestOptions } from '../types/options.ts'
import { version } from '../version.ts'

/**
 * The headers of one call. A POST without an idempotency key gets a random one.
 *
 * @throws {InvalidArgumentError} if a header cannot be sent. The message does not contain its value.
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
  // `null` means none, because `Headers.get` and databases return it.
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
  throw invalidArgument('idempotencyKey must be 1 to 255 printable ASCII characters')
}

function set(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value)
  } catch {
    throw invalidArgument(`the header ${name} has a name or a value that cannot be sent`)
  }
}
