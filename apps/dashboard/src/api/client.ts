import { noteServerTime } from '../clock.ts'

/** An answer that said no: its code and message are those of the API. */
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

/** No answer came: the network, or the server, is not there. */
export class OfflineError extends Error {
  constructor() {
    super('No answer from the server.')
    this.name = 'OfflineError'
  }
}

/** Longer than any request takes: after this somebody should be told. */
const timeoutMs = 20_000

interface RequestOptions {
  readonly body?: unknown
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks the server. The session's cookie goes along by itself.
 *
 * @throws {ApiError} for an answer that is not a success, {OfflineError} where there is none.
 */
export async function request<T>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const { response, text } = await fetchText(path, {
    method,
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.idempotencyKey ? { 'idempotency-key': options.idempotencyKey } : {}),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
  }).catch((cause: unknown) => {
    if (options.signal?.aborted) throw cause
    throw new OfflineError()
  })
  noteServerTime(response.headers.get('date'))
  const body = parse(text)
  if (response.ok && body !== undefined) return body as T
  if (response.status === 401 && !path.endsWith('/session')) whenSignedOut()
  throw new ApiError(response.status, (body as { error?: object } | undefined)?.error ?? {})
}

/** An answer counts only when it is whole: the deadline holds for its body too. */
async function fetchText(path: string, init: RequestInit) {
  const response = await fetch(path, init)
  return { response, text: await response.text() }
}

/** An empty body is an answer too. `undefined`: the body is not of our server. */
function parse(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

let whenSignedOut: () => void = () => undefined

/** Has `act` called when the server no longer knows the session: signed out, revoked, expired. */
export function onSignedOut(act: () => void): void {
  whenSignedOut = act
}

/** A page of a list, as the API gives it. */
export interface List<T> {
  readonly data: T[]
  readonly has_more: boolean
}

/** A path with a query; what is `undefined` or empty is left out. */
export function withQuery(
  path: string,
  query: Record<string, string | number | readonly string[] | undefined>,
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue
    if (typeof value === 'object') for (const one of value) search.append(name, one)
    else search.append(name, String(value))
  }
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}
