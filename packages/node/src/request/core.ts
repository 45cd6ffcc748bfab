import { type Configuration, checkMaxRetries, checkTimeout } from '../configuration.ts'
import { ApiError, ConnectionError, HedgeError, RateLimitError, ServerError } from '../errors.ts'
import type { RequestOptions } from '../types/options.ts'
import { answerError, unreadableAnswerError } from './answer-error.ts'
import { attemptOnce, openOnce, type ReadAnswer } from './attempt.ts'
import { retryDelayMs } from './backoff.ts'
import { requestHeaders } from './headers.ts'
import { type Answer, HedgePromise } from './hedge-promise.ts'
import { logAttempt } from './log.ts'
import { jsonOf, pathOf, queryOf } from './url.ts'
import { wait } from './wait.ts'

/** The parts of a path after `/v1`, not yet encoded: `['payments', id, 'cancel']`. */
export type Path = readonly string[]

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

interface RequestSpec {
  method: Method
  path: Path
  query?: object | undefined
  body?: object | undefined
}

/**
 * Sends every request of the SDK: prepares, attempts, retries and reads it. Each call resolves to the
 * JSON of the answer, or rejects with a HedgeError.
 */
export class RequestCore {
  readonly #configuration: Configuration

  constructor(configuration: Configuration) {
    this.#configuration = configuration
  }

  get<T>(path: Path, options?: RequestOptions): HedgePromise<T> {
    return new HedgePromise(this.send<T>({ method: 'GET', path }, options))
  }

  post<T>(path: Path, body: object | undefined, options?: RequestOptions): HedgePromise<T> {
    return new HedgePromise(this.send<T>({ method: 'POST', path, body }, options))
  }

  patch<T>(path: Path, body: object, options?: RequestOptions): HedgePromise<T> {
    return new HedgePromise(this.send<T>({ method: 'PATCH', path, body }, options))
  }

  delete<T>(path: Path, options?: RequestOptions): HedgePromise<T> {
    return new HedgePromise(this.send<T>({ method: 'DELETE', path }, options))
  }

  /** Sends any request. The promise includes the HTTP answer. */
  async send<T>(spec: RequestSpec, options: RequestOptions = {}): Promise<Answer<T>> {
    const configuration = this.#configuration
    const path = pathOf(spec.path)
    const body = spec.body === undefined ? undefined : jsonOf(spec.body)
    // Built once, so that every attempt sends the same idempotency key.
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
        // A followed redirect could turn a POST into a GET, or send the key to another host.
        redirect: 'manual',
        ...(body === undefined ? {} : { body }),
      },
      method: spec.method,
      path,
      signal: options.signal,
      timeoutMs: checkTimeout(options.timeout ?? configuration.timeoutMs),
      maxRetries: checkMaxRetries(options.maxRetries ?? configuration.maxRetries),
    }
    return readData<T>(await attemptWithRetries(configuration, call))
  }

  /** Opens a stream of server-sent events and returns its body. Makes one attempt. */
  async open(
    spec: { path: Path; query?: object | undefined },
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

/** Repeats the attempt until it succeeds, fails for good, or reaches the maximum of retries. */
async function attemptWithRetries(configuration: Configuration, call: Call): Promise<ReadAnswer> {
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
    logAttempt(configuration.logger, { ...call, attempt, durationMs, result, delayMs })
    if (!(result instanceof HedgeError)) return result
    if (delayMs === undefined) throw result
    await wait(delayMs, call.signal)
  }
}

function checkStatus(answer: ReadAnswer): ReadAnswer | ApiError {
  return answer.status >= 200 && answer.status < 300 ? answer : answerError(answer, Date.now())
}

function retryAfterOf(error: HedgeError): number | undefined {
  const hasRetryAfter = error instanceof RateLimitError || error instanceof ServerError
  return hasRetryAfter ? error.retryAfter : undefined
}

/** Whether a retry may succeed, and does no harm if the request was carried out. */
function isRetryable(error: HedgeError, method: Method): boolean {
  if (error.status === 429 || error.code === 'idempotency_key_in_use') return true
  // A PATCH has no idempotency key by default, so a retry could rotate a secret twice.
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
  let response: Response | undefined
  return {
    data,
    // Made when it is asked for: the environment `jsdom` of Jest has no `Response`.
    get response() {
      response ??= new Response(text, { status, statusText: answer.statusText, headers })
      return response
    },
    requestId: headers.get('x-request-id') ?? undefined,
  }
}
