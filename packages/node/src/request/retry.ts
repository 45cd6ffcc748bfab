import { ApiError, ConnectionError, type HedgeError, IdempotencyError } from '../errors.ts'
import { retryDelayMs } from './backoff.ts'

/**
 * The statuses of a server, a proxy or a CDN (520 to 524: Cloudflare) that cannot answer now. The
 * request may have been carried out, except with 425 and 429.
 */
const transientStatuses = new Set([408, 425, 429, 500, 502, 503, 504, 507, 520, 521, 522, 523, 524])

/** The statuses with which a server has not begun the request. */
const notBegunStatuses = new Set([425, 429])

/** The statuses of checks before the idempotency key: they tell nothing about an earlier attempt. */
const uncheckedStatuses = new Set([401, 403, 425, 429])

/** The wait for a first request that is in progress, if the server sends no `Retry-After`. */
const inProgressSeconds = { default: 1, min: 0.1 }

/** The part of a call that decides its retries. */
export interface RetryFacts {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  idempotencyKey: string | undefined
  maxRetries: number
  timeoutMs: number
}

/** Whether another attempt may get an answer. */
export function isTransient(error: HedgeError): boolean {
  if (error instanceof ConnectionError) return true
  return error.status !== undefined && transientStatuses.has(error.status)
}

/** Decides after each failed attempt of one call. */
export class Retries {
  /** Whether the request may have been carried out, although no answer says so. */
  isOutcomeUnknown = false
  readonly #call: RetryFacts
  #retries = 0
  #inProgressSinceMs: number | undefined

  constructor(call: RetryFacts) {
    this.#call = call
  }

  /** Records a failed attempt. The delay before the next, in milliseconds; `undefined` if it is the last. */
  delayAfter(error: HedgeError): number | undefined {
    this.#recordOutcome(error)
    if (isInProgress(error)) return this.#delayInProgress(error)
    if (this.#retries >= this.#call.maxRetries || !this.#isRetryable(error)) return undefined
    this.#retries += 1
    return retryDelayMs({
      attempt: this.#retries,
      retryAfterSeconds: retryAfterOf(error),
      random: Math.random(),
    })
  }

  /** The error that the call rejects with, after its last attempt. */
  failure(error: HedgeError): HedgeError {
    const { method, idempotencyKey } = this.#call
    const outcomeUnknown = method !== 'GET' && this.isOutcomeUnknown
    const last = isInProgress(error) ? stillInProgress(error) : error
    return Object.assign(last, { outcomeUnknown, idempotencyKey })
  }

  #recordOutcome(error: HedgeError): void {
    const { status } = error
    const isUnknown =
      status === undefined || status < 300 || status === 408 || status >= 500 || isInProgress(error)
    if (isUnknown) this.isOutcomeUnknown = true
    else if (!uncheckedStatuses.has(status)) this.isOutcomeUnknown = false
  }

  /**
   * The first request with the key will have an answer soon. Throwing earlier would leave the caller
   * without the outcome, so these waits are limited by the timeout, not by the number of retries.
   */
  #delayInProgress(error: HedgeError): number | undefined {
    const { maxRetries, timeoutMs } = this.#call
    if (maxRetries === 0) return undefined
    const nowMs = performance.now()
    this.#inProgressSinceMs ??= nowMs
    const waitSeconds = retryAfterOf(error) ?? inProgressSeconds.default
    const delayMs = Math.ceil(Math.max(waitSeconds, inProgressSeconds.min) * 1_000)
    return nowMs - this.#inProgressSinceMs + delayMs <= timeoutMs ? delayMs : undefined
  }

  /** Whether a retry may succeed, and does no harm if the request was carried out. */
  #isRetryable(error: HedgeError): boolean {
    if (!isTransient(error)) return false
    const { method, idempotencyKey } = this.#call
    const isSafe = method === 'GET' || method === 'DELETE' || idempotencyKey !== undefined
    return isSafe || (error.status !== undefined && notBegunStatuses.has(error.status))
  }
}

function retryAfterOf(error: HedgeError): number | undefined {
  return error instanceof ApiError ? error.retryAfter : undefined
}

function isInProgress(error: HedgeError): boolean {
  return error.code === 'idempotency_key_in_use'
}

function stillInProgress(error: HedgeError): HedgeError {
  const { code, status, details, requestId, message } = error
  return new IdempotencyError(
    'The outcome is unknown: the first request with this idempotency key is still in progress. ' +
      `Repeat the call with error.idempotencyKey, or read its result. The server said: ${message}`,
    { code, status, details, requestId, retryAfter: retryAfterOf(error) },
  )
}
