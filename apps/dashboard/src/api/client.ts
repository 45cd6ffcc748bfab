import { recordServerTime } from '../clock.ts'

/** An error answer of the API, with its code and message. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly details: Record<string, unknown>

  constructor(status: number, error: { code?: string; message?: string; details?: unknown }) {
    super(error.message ?? `The server answered ${status}.`)
    this.name = 'ApiError'
    this.status = status
    this.code = error.code ?? 'internal_error'
    this.details = (error.details ?? {}) as Record<string, unknown>
  }
}

/** The server did not answer in time, or cannot be reached. */
export class OfflineError extends Error {
  constructor() {
    super('No answer from the server.')
    this.name = 'OfflineError'
  }
}

/** The deadline of a request. Then the page shows that the server does not answer. */
const timeoutMs = 20_000

interface RequestOptions {
  readonly body?: unknown
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends a request to the server. The browser adds the session's cookie.
 *
 * @throws {ApiError} for an error answer, {OfflineError} without an answer.
 */
export async function request<T>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  const { response, text } = await fetchText(path, toInit(method, options)).catch(
    (cause: unknown) => {
      if (options.signal?.aborted) throw cause
      throw new OfflineError()
    },
  )
  recordServerTime(response.headers.get('date'))
  const body = parse(text)
  if (response.ok && body !== undefined) return body as T
  if (response.status === 401 && !path.endsWith('/session')) whenSignedOut()
  throw new ApiError(response.status, (body as { error?: object } | undefined)?.error ?? {})
}

function toInit(method: string, { body, idempotencyKey, signal }: RequestOptions): RequestInit {
  const deadline = AbortSignal.timeout(timeoutMs)
  return {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
  }
}

/** Reads the body as well, so that the deadline covers it. */
async function fetchText(path: string, init: RequestInit) {
  const response = await fetch(path, init)
  return { response, text: await response.text() }
}

/** Reads an empty body as `{}`. Returns `undefined` for a body that is not JSON: a proxy sent it. */
function parse(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

let whenSignedOut: () => void = () => undefined

/** Calls `callback` when the server rejects the session: signed out, key revoked, or expired. */
export function onSignedOut(callback: () => void): void {
  whenSignedOut = callback
}

/** One page of a list of the API. */
export interface List<T> {
  readonly data: T[]
  readonly has_more: boolean
  /** Where the next page begins, if this one has ended before its limit. */
  readonly next_cursor?: string
}

/** Adds a query to a path. Values that are `undefined` or empty are left out. */
export function withQuery(
  path: string,
  query: Record<string, string | number | readonly string[] | undefined>,
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue
    if (typeof value === 'object') for (const each of value) search.append(name, each)
    else search.append(name, String(value))
  }
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}
