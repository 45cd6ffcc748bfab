import { randomUUID } from 'node:crypto'
import { ApiError } from '@hedgepayments/node'
import { CliError, exitCodes } from '../exit-codes.ts'
import { say } from '../output/terminal.ts'
import type { Session } from '../session.ts'
import { unreachable } from './document.ts'

/** A request to the API. */
export interface ApiRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  /** JSON. */
  readonly body: string | undefined
  /** `undefined`: a random one for a POST. */
  readonly idempotencyKey: string | undefined
}

/** The deadline of an answer's headers. */
const deadlineMs = 30_000

/**
 * Sends a request once, with the key of the session, and returns an answer that is a success.
 *
 * @throws {ApiError} for any other answer. {CliError} without an answer.
 */
export async function send(session: Session, request: ApiRequest): Promise<Response> {
  const { method, path, body } = request
  const key = request.idempotencyKey ?? (method === 'POST' ? randomUUID() : undefined)
  const headers = {
    authorization: `Bearer ${session.apiSecret}`,
    accept: 'application/json, text/event-stream',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  }
  const startedMs = performance.now()
  const response = await attempt(session, { method, path, headers, body, key })
  if (session.verbose) {
    const id = response.headers.get('x-request-id') ?? 'without an id'
    const tookMs = Math.round(performance.now() - startedMs)
    say(`${method} ${path.split('?')[0]}: ${response.status} in ${tookMs} ms, request ${id}`)
  }
  if (response.ok) return response
  throw answerError(response, await response.text())
}

async function attempt(
  { fetch, hedge }: Session,
  given: {
    method: string
    path: string
    headers: Record<string, string>
    body: string | undefined
    key: string | undefined
  },
): Promise<Response> {
  const { method, path, headers, body, key } = given
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new DOMException('', 'TimeoutError')), deadlineMs)
  try {
    // A followed redirect could send the key to another host.
    const init: RequestInit = { method, headers, redirect: 'manual', signal: deadline.signal }
    return await fetch(hedge.baseUrl + path, body === undefined ? init : { ...init, body })
  } catch (error) {
    const failed = unreachable(hedge.baseUrl, error)
    if (method === 'GET') throw failed
    const again = key === undefined ? '' : ` Repeat it safely with --idempotency-key ${key}`
    const message = `${failed.message}. The request may have been carried out.${again}`
    throw new CliError(exitCodes.connection, failed.code, message)
  } finally {
    clearTimeout(timer)
  }
}

/** The error of an answer that is not a success. The exit code depends on its status. */
function answerError({ status, headers }: Response, text: string): ApiError {
  const requestId = headers.get('x-request-id') ?? undefined
  const error = errorOf(text)
  const code = typeof error?.code === 'string' ? error.code : 'unexpected_response'
  const message =
    typeof error?.message === 'string' ? error.message : `HTTP ${status} without the API's JSON.`
  return new ApiError(message, { code, status, details: error?.details, requestId })
}

function errorOf(text: string): Partial<Record<'code' | 'message' | 'details', unknown>> | null {
  try {
    const { error } = JSON.parse(text)
    return typeof error === 'object' ? error : null
  } catch {
    return null
  }
}
