import type { ErrorFacts } from '../errors.ts'
import {
  ApiError,
  AuthenticationError,
  CheckoutSessionNotOpenError,
  ConflictError,
  IdempotencyError,
  InvalidRequestError,
  InvalidResponseError,
  NotFoundError,
  PaymentNotCancelableError,
  PaymentNotCapturableError,
  PaymentNotRefundableError,
  PaymentNotResolvableError,
  PermissionError,
  PreconditionFailedError,
  ProcessorUnavailableError,
  RateLimitError,
  RefundAmountExceededError,
  ServerError,
} from '../errors.ts'
import { retryAfterSeconds } from './backoff.ts'

/** An answer that is not a success, with its whole body. */
export interface FailedAnswer {
  status: number
  headers: Headers
  text: string
}

/**
 * The typed error of an answer. The API's code decides the class, or the status if the code is
 * unknown. If the body is not the API's (a proxy's page), the message quotes its beginning. `now` is
 * in Unix milliseconds, for a `Retry-After` that is a date.
 */
export function answerError(answer: FailedAnswer, now: number): ApiError {
  const { status, headers, text } = answer
  const requestId = headers.get('x-request-id') ?? undefined
  const body = parseErrorBody(text)
  if (body === undefined) {
    const message = `HTTP ${status} without the API's JSON${excerpt(text)}`
    const facts = { code: 'unexpected_response', status, requestId }
    return make(classOfStatus(status), message, facts, headers, now)
  }
  const facts = { code: body.code, status, details: body.details, requestId }
  const Class = classOfCode(body.code, body.details) ?? classOfStatus(status)
  return make(Class, body.message, facts, headers, now)
}

/** The error of a success whose body is not JSON. */
export function unreadableAnswerError(answer: FailedAnswer): InvalidResponseError {
  return new InvalidResponseError(
    `HTTP ${answer.status} without the API's JSON; is baseUrl right?${excerpt(answer.text)}`,
    {
      code: 'unexpected_response',
      status: answer.status,
      requestId: answer.headers.get('x-request-id') ?? undefined,
    },
  )
}

type ErrorClass = new (
  message: string,
  facts: ErrorFacts & { retryAfter?: number | undefined },
) => ApiError

const classes: Readonly<Record<string, ErrorClass>> = {
  invalid_request: InvalidRequestError,
  unauthorized: AuthenticationError,
  insufficient_permissions: PermissionError,
  not_found: NotFoundError,
  method_not_allowed: InvalidRequestError,
  payload_too_large: InvalidRequestError,
  unsupported_media_type: InvalidRequestError,
  idempotency_key_in_use: IdempotencyError,
  idempotency_key_reused: IdempotencyError,
  payment_not_cancelable: PaymentNotCancelableError,
  payment_not_capturable: PaymentNotCapturableError,
  payment_not_refundable: PaymentNotRefundableError,
  payment_not_resolvable: PaymentNotResolvableError,
  precondition_failed: PreconditionFailedError,
  checkout_session_not_open: CheckoutSessionNotOpenError,
  invalid_amount: InvalidRequestError,
  invalid_currency: InvalidRequestError,
  refund_amount_exceeded: RefundAmountExceededError,
  rate_limit_exceeded: RateLimitError,
  internal_error: ServerError,
  processor_unavailable: ProcessorUnavailableError,
  service_unavailable: ServerError,
  merchant_moving: ServerError,
  merchant_moved: ServerError,
}

const typed = new Set([
  'payment_not_cancelable',
  'payment_not_capturable',
  'payment_not_refundable',
  'payment_not_resolvable',
])

function classOfCode(code: string, details: unknown): ErrorClass | undefined {
  if (!Object.hasOwn(classes, code)) return undefined
  // These classes have typed details, so an answer without details gets the general class.
  if (typed.has(code) && !hasCurrentStatus(details)) return ApiError
  return classes[code]
}

function classOfStatus(status: number): ErrorClass {
  if (status === 401) return AuthenticationError
  if (status === 403) return PermissionError
  if (status === 404) return NotFoundError
  if (status === 409) return ConflictError
  // 408 and 425 are about the connection, not about the request.
  if (status === 408 || status === 412 || status === 425) return ApiError
  if (status === 429) return RateLimitError
  if (status >= 500) return ServerError
  if (status >= 400) return InvalidRequestError
  return ApiError
}

function make(
  Class: ErrorClass,
  message: string,
  facts: ErrorFacts,
  headers: Headers,
  now: number,
): ApiError {
  const retryAfter =
    retryAfterSeconds(headers.get('retry-after'), now) ?? retryAfterOfDetails(facts.details)
  return new Class(message, { ...facts, retryAfter })
}

function parseErrorBody(
  text: string,
): { code: string; message: string; details: unknown } | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const error = isRecord(json) ? json.error : undefined
  if (!isRecord(error) || typeof error.code !== 'string') return undefined
  const message = typeof error.message === 'string' ? error.message : error.code
  return { code: error.code, message, details: error.details }
}

function hasCurrentStatus(details: unknown): boolean {
  return isRecord(details) && typeof details.current_status === 'string'
}

function retryAfterOfDetails(details: unknown): number | undefined {
  const seconds = isRecord(details) ? details.retry_after : undefined
  return typeof seconds === 'number' ? seconds : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The beginning of a proxy's page. Keys are removed, because a proxy may echo the request. */
function excerpt(text: string): string {
  const line = text
    .slice(0, 2_000)
    .replace(/\b(sk_(?:test|live)_)[\w-]+/g, '$1…')
    .replace(/\s+/g, ' ')
    .trim()
  if (line === '') return ' (an empty body)'
  return `: ${line.length > 200 ? `${line.slice(0, 200)}…` : line}`
}
