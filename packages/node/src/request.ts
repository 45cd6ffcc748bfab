import { answerError, unreadableAnswerError } from './answer-error.ts'
import { attemptOnce, openOnce, type ReadAnswer } from './attempt.ts'
import { retryDelayMs } from './backoff.ts'
import { type Configuration, checkMaxRetries, checkTimeout } from './configuration.ts'
import { ApiError, ConnectionError, HedgeError, RateLimitError, ServerError } from './errors.ts'
import { requestHeaders } from './headers.ts'
import { type Answer, HedgePromise } from './hedge-promise.ts'
import { note } from './log.ts'
import type { RequestOptions } from './types/options.ts'
import { jsonOf, pathOf, queryOf } from './url.ts'
import { wait } from './wait.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** What a resource asks for. */
export interface RequestSpec {
  method: Method
  /** The path's parts after `/v1`, not yet encoded. */
  path: readonly string[]
  query?: object | undefined
  body?: object | undefined
}

/** The one way every request goes: prepare, attempt, retry, read. */
export class RequestCore {
  readonly #configuration: Configuration

  constructor(configuration: Configuration) {
    this.#configuration = configuration
  }

  /** Sends a request; the data is the JSON of the answer. All that goes wrong is a HedgeError. */
  request<T>(spec: RequestSpec, options?: RequestOptions): HedgePromise<T> {
    return new HedgePromise(this.send<T>(spec, options))
  }

  /** As `request`, for those who make a promise of their own of it. */
  async send<T>(spec: RequestSpec, options: RequestOptions = {}): Promise<Answer<T>> {
    const configuration = this.#configuration
    const path = pathOf(spec.path)
    const body = spec.body === undefined ? undefined : jsonOf(spec.body)
    // Made once, so that every attempt carries the same idempotency key.
    const headers = requestHeaders({
      method: spec.method,
      hasBody: body !== undefined,
      configuration,
      options,
    })
    const call: Call = {
      url: configuration.baseUrl + path + queryOf(spec.query ?? {}),
      init: {
        method: spec.method,
        headers,
        // A redirected POST would become a GET, or carry the key to another host.
        redirect: 'manual',
        ...(body === undefined ? {} : { body }),
      },
      method: spec.method,
      path,
      signal: options.signal,
      timeoutMs: checkTimeout(options.timeout ?? configuration.timeoutMs),
      maxRetries: checkMaxRetries(options.maxRetries ?? configuration.maxRetries),
    }
    return readData<T>(await persist(configuration, call))
  }

  /** Opens an answer that does not end: its body, as it comes. One attempt, all errors HedgeErrors. */
  async open(
    spec: { path: readonly string[]; query?: object | undefined },
    options: RequestOptions,
  ): Promise<ReadableStream<Uint8Array>> {
    const configuration = this.#configuration
    const headers = requestHeaders({ method: 'GET', hasBody: false, configuration, options })
    headers.set('accept', 'text/event-stream')
    return await openOnce(configuration.fetch, {
      url: configuration.baseUrl + pathOf(spec.path) + queryOf(spec.query ?? {}),
      init: { method: 'GET', headers, redirect: 'manual' },
      signal: options.signal,
      timeoutMs: configuration.timeoutMs,
    })
  }
}

interface Call {
  url: string
  init: RequestInit
  method: Method
  path: string
  signal: AbortSignal | undefined
  timeoutMs: number
  maxRetries: number
}

/** Repeats the attempt until it succeeds, fails for good, or was repeated often enough. */
async function persist(configuration: Configuration, call: Call): Promise<ReadAnswer> {
  for (let attempt = 1; ; attempt++) {
    const startedMs = performance.now()
    const outcome = await attemptOnce(configuration.fetch, call)
    const result = outcome instanceof HedgeError ? outcome : checkStatus(outcome)
    const delayMs =
      result instanceof HedgeError && attempt <= call.maxRetries && isRetryable(result, call.method)
        ? retryDelayMs({
            attempt,
            retryAfterSeconds: retryAfterOf(result),
            random: Math.random(),
          })
        : undefined
    const durationMs = Math.round(performance.now() - startedMs)
    note(configuration.logger, { ...call, attempt, durationMs, result, delayMs })
    if (!(result instanceof HedgeError)) return result
    if (delayMs === undefined) throw result
    await wait(delayMs, call.signal)
  }
}

function checkStatus(answer: ReadAnswer): ReadAnswer | ApiError {
  return answer.status >= 200 && answer.status < 300 ? answer : answerError(answer, Date.now())
}

function retryAfterOf(error: HedgeError): number | undefined {
  const isPassing = error instanceof RateLimitError || error instanceof ServerError
  return isPassing ? error.retryAfter : undefined
}

/** Only what may be different the next time, and only where doing it twice does no harm. */
function isRetryable(error: HedgeError, method: Method): boolean {
  if (error.status === 429 || error.code === 'idempotency_key_in_use') return true
  // A PATCH gets no idempotency key by itself: a second one could, say, rotate a secret twice.
  if (method === 'PATCH') return false
  if (error instanceof ConnectionError) return true
  return error instanceof ApiError && [500, 502, 503, 504].includes(error.status)
}

function readData<T>(answer: ReadAnswer): Answer<T> {
  const { status, headers, text } = answer
  let data: T
  try {
    data = JSON.parse(text)
  } catch {
    throw unreadableAnswerError(answer)
  }
  if (typeof data !== 'object' || data === null) throw unreadableAnswerError(answer)
  const response = new Response(text, { status, statusText: answer.statusText, headers })
  return { data, response, requestId: headers.get('x-request-id') ?? undefined }
}
