import {
  aborted,
  attemptOnce,
  openOnce,
  type ReadAnswer,
  type StreamBody,
} from '../attempt/attempt.ts'
import { withoutRuntimeLimits } from '../attempt/runtime-limits.ts'
import { wait } from '../attempt/wait.ts'
import { type Configuration, checkMaxRetries, checkTimeout } from '../configuration.ts'
import { type ApiError, HedgeError } from '../errors.ts'
import type { RequestOptions } from '../types/options.ts'
import { answerError, unreadableAnswerError } from './answer-error.ts'
import { requestHeaders } from './headers.ts'
import { type Answer, type HedgePromise, hedgePromise } from './hedge-promise.ts'
import { logAttempt } from './log.ts'
import { checkOptions, checkParams } from './options.ts'
import { Retries, type RetryFacts } from './retry.ts'
import { jsonOf, pathOf, queryOf } from './url.ts'

/** The parts of a path after `/v1`, not yet encoded: `['payments', id, 'cancel']`. */
export type Path = readonly string[]

/** One request, before its encoding. */
interface RequestSpec<T> {
  method: RetryFacts['method']
  path: Path
  query?: object | undefined
  body?: object | undefined
  /** The result if the object is not found because an earlier attempt has deleted it. */
  gone?: T | undefined
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
    return hedgePromise(this.send<T>({ method: 'GET', path }, options))
  }

  post<T>(path: Path, body: object | undefined, options?: RequestOptions): HedgePromise<T> {
    return hedgePromise(this.send<T>({ method: 'POST', path, body }, options))
  }

  patch<T>(path: Path, body: object, options?: RequestOptions): HedgePromise<T> {
    return hedgePromise(this.send<T>({ method: 'PATCH', path, body }, options))
  }

  /** See `gone` of RequestSpec. */
  delete<T>(path: Path, options?: RequestOptions, gone?: T): HedgePromise<T> {
    return hedgePromise(this.send<T>({ method: 'DELETE', path, gone }, options))
  }

  /** Sends any request. The promise includes the HTTP answer. */
  async send<T>(spec: RequestSpec<T>, given?: RequestOptions): Promise<Answer<T>> {
    const configuration = this.#configuration
    const options = checkOptions(given)
    checkParams(spec.query)
    checkParams(spec.body)
    const path = pathOf(spec.path)
    const body = spec.body === undefined ? undefined : jsonOf(spec.body)
    // Built once, so that every attempt sends the same idempotency key.
    const headers = requestHeaders({
      method: spec.method,
      hasBody: body !== undefined,
      configuration,
      options,
    })
    const timeoutMs = checkTimeout(options.timeout ?? configuration.timeoutMs)
    const call: Call = {
      url: configuration.baseUrl + path + queryOf(spec.query ?? {}),
      init: {
        ...initOf(spec.method, headers, configuration, timeoutMs),
        ...(body === undefined ? {} : { body }),
      },
      method: spec.method,
      path,
      idempotencyKey: headers.get('idempotency-key') ?? undefined,
      signal: options.signal,
      timeoutMs,
      maxRetries: checkMaxRetries(options.maxRetries ?? configuration.maxRetries),
    }
    return await attemptWithRetries(configuration, call, spec.gone)
  }

  /** Opens a stream of server-sent events and returns its body. Makes one attempt. */
  async open(
    spec: { path: Path; query?: object | undefined },
    given: RequestOptions,
  ): Promise<StreamBody> {
    const configuration = this.#configuration
    const options = checkOptions(given)
    const timeoutMs = checkTimeout(options.timeout ?? configuration.timeoutMs)
    const headers = requestHeaders({ method: 'GET', hasBody: false, configuration, options })
    headers.set('accept', 'text/event-stream')
    return await openOnce(configuration.fetch, {
      url: configuration.baseUrl + pathOf(spec.path) + queryOf(spec.query ?? {}),
      init: initOf('GET', headers, configuration, timeoutMs),
      signal: options.signal,
      timeoutMs,
    })
  }
}

/** One call, ready to be sent as often as needed. */
interface Call extends RetryFacts {
  url: string
  init: RequestInit
  path: string
  signal: AbortSignal | undefined
}

function initOf(
  method: string,
  headers: Headers,
  { isRuntimeFetch }: Configuration,
  timeoutMs: number,
): RequestInit {
  const limits = isRuntimeFetch() ? withoutRuntimeLimits(timeoutMs) : {}
  // A followed redirect could turn a POST into a GET, or send the key to another host.
  return { method, headers, redirect: 'manual', ...limits }
}

/** Repeats the attempt until it succeeds, fails for good, or reaches the maximum of retries. */
async function attemptWithRetries<T>(
  configuration: Configuration,
  call: Call,
  gone: T | undefined,
): Promise<Answer<T>> {
  const retries = new Retries(call)
  for (let attempt = 1; ; attempt++) {
    if (call.signal?.aborted) throw retries.failure(aborted(call.signal))
    const startedMs = performance.now()
    const outcome = await attemptOnce(configuration.fetch, call)
    const result =
      outcome instanceof HedgeError
        ? outcome
        : readAnswer(outcome, retries.isOutcomeUnknown ? gone : undefined)
    const error = result instanceof HedgeError ? result : undefined
    const delayMs = error && retries.delayAfter(error)
    const durationMs = Math.round(performance.now() - startedMs)
    logAttempt(configuration.logger, {
      ...call,
      attempt,
      durationMs,
      result: error ?? outcome,
      delayMs,
    })
    if (!(result instanceof HedgeError)) return result
    if (delayMs === undefined) throw retries.failure(result)
    await wait(delayMs, call.signal)
  }
}

/**
 * The answer with its data, or its error. `gone` is the data of a 404, if an earlier attempt may have
 * deleted the object.
 */
function readAnswer<T>(answer: ReadAnswer, gone: T | undefined): Answer<T> | ApiError {
  const { status, statusText, headers, text } = answer
  let data: T | undefined
  if (status >= 200 && status < 300) {
    data = parseObject<T>(text)
    if (data === undefined) return unreadableAnswerError(answer)
  } else {
    const error = answerError(answer, Date.now())
    if (gone === undefined || error.code !== 'not_found') return error
    data = gone
  }
  let response: Response | undefined
  return {
    data,
    // Constructed on the first read, because Jest's `jsdom` has no `Response`.
    get response() {
      response ??= new Response(text, { status, statusText, headers })
      return response
    },
    requestId: headers.get('x-request-id') ?? undefined,
  }
}

function parseObject<T>(text: string): T | undefined {
  try {
    const data = JSON.parse(text)
    return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : undefined
  } catch {
    return undefined
  }
}
