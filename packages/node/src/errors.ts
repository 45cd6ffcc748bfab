import { nameErrors } from './error-names.ts'
import type { PaymentStatus, Resolution } from './types/payments.ts'

/**
 * The base class of every error of this SDK. Check `code`, `name` or the subclass: all three are stable,
 * also in a minified bundle, and for errors of another copy of this package.
 */
export class HedgeError extends Error {
  /** Stable. The API's code, or a code of the SDK if the API did not answer. */
  readonly code: string
  /** The HTTP status; `undefined` if there was no answer. */
  readonly status: number | undefined
  /** More information. Its form depends on the code. */
  readonly details: unknown
  /** The answer's `X-Request-Id`. Include it in a support request. */
  readonly requestId: string | undefined
  /**
   * Whether the request may have been carried out, although no answer says so. To learn the outcome,
   * repeat the call with `idempotencyKey`, or read the payment.
   */
  readonly outcomeUnknown: boolean = false
  /** The idempotency key of the call, also a generated one. */
  readonly idempotencyKey: string | undefined = undefined

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    // Its own property, so that loggers which copy an error's properties have it.
    this.name = new.target.prototype.name
    this.code = facts.code
    this.status = facts.status
    this.details = facts.details
    this.requestId = facts.requestId
  }
}

/** The properties of an error, as its constructor gets them. */
export interface ErrorFacts {
  code: string
  status?: number | undefined
  details?: unknown
  requestId?: string | undefined
  cause?: unknown
}

interface ApiErrorFacts extends ErrorFacts {
  retryAfter?: number | undefined
}

/** The server answered with an error. */
export class ApiError extends HedgeError {
  declare readonly status: number
  /** The server's `Retry-After`, in seconds; `undefined` if it sent none. */
  readonly retryAfter: number | undefined

  constructor(message: string, facts: ApiErrorFacts) {
    super(message, facts)
    this.retryAfter = facts.retryAfter
  }
}

/** 400, 405, 413, 415, 422: the request is wrong. A retry does not help. */
export class InvalidRequestError extends ApiError {}

/** 422 `refund_amount_exceeded`: see `details.refundable_amount`. */
export class RefundAmountExceededError extends InvalidRequestError {
  declare readonly details: Partial<RefundAmountExceededDetails> | undefined
}

/** The `details` of a RefundAmountExceededError. Amounts are in minor units of the payment's currency. */
export interface RefundAmountExceededDetails {
  payment_id: string
  amount: number
  refunded_amount: number
  /** The remainder, which is the largest accepted amount. */
  refundable_amount: number
  requested_amount: number
}

/** 401: the key is missing, wrong or revoked. */
export class AuthenticationError extends ApiError {}

/** 403: the key lacks a scope. `details.missing_scopes` lists all missing scopes. */
export class PermissionError extends ApiError {}

/** 404: not found in this merchant and mode. */
export class NotFoundError extends ApiError {}

/** 409 with a code that has no class of its own. Base class of IdempotencyError. */
export class ConflictError extends ApiError {}

/**
 * 409 `idempotency_key_reused`, or `idempotency_key_in_use`: the first request with the key is still in
 * progress after the timeout, so the outcome is unknown.
 */
export class IdempotencyError extends ConflictError {}

/** 412 `payment_not_cancelable`: see `details.current_status`. */
export class PaymentNotCancelableError extends ApiError {
  declare readonly details: PaymentNotCancelableDetails
}

/** The `details` of a PaymentNotCancelableError. */
export interface PaymentNotCancelableDetails {
  payment_id: string
  /** The status that prevented the cancel. Never `pending` or `initiated`. */
  current_status: PaymentStatus
  cancelable_statuses: PaymentStatus[]
}

/** 412 `payment_not_capturable`: see `details.current_status`. */
export class PaymentNotCapturableError extends ApiError {
  declare readonly details: PaymentNotCapturableDetails
}

export interface PaymentNotCapturableDetails {
  payment_id: string
  current_status: PaymentStatus
  capturable_statuses: PaymentStatus[]
}

/** 412 `payment_not_refundable`, of a refund or a reversal: see `details.current_status`. */
export class PaymentNotRefundableError extends ApiError {
  declare readonly details: PaymentNotRefundableDetails
}

/** The `details` of a PaymentNotRefundableError. */
export interface PaymentNotRefundableDetails {
  payment_id: string
  current_status: PaymentStatus
  refundable_statuses: PaymentStatus[]
  /** The reason, if it is not the status. `disputed`: a dispute of the payment is not won. */
  reason?: 'disputed'
}

/** 412 `payment_not_resolvable`: the payment needs no attention, or the resolution does not fit. */
export class PaymentNotResolvableError extends ApiError {
  declare readonly details: PaymentNotResolvableDetails
}

/** The `details` of a PaymentNotResolvableError. */
export interface PaymentNotResolvableDetails {
  payment_id: string
  current_status: PaymentStatus
  /** The resolutions that the payment accepts now. Empty: it needs no attention. */
  resolutions: Resolution[]
}

/** 412 `checkout_session_not_open`: see `details.current_status`. */
export class CheckoutSessionNotOpenError extends ApiError {
  declare readonly details: CheckoutSessionNotOpenDetails
}

/** The `details` of a CheckoutSessionNotOpenError. */
export interface CheckoutSessionNotOpenDetails {
  session_id: string
  current_status: 'complete' | 'expired'
}

/** 412 `precondition_failed`: the payment has changed since the ETag in `ifMatch`. */
export class PreconditionFailedError extends ApiError {
  declare readonly details: Partial<PreconditionFailedDetails> | undefined
}

/** The `details` of a PreconditionFailedError. */
export interface PreconditionFailedDetails {
  payment_id: string
  current_status: PaymentStatus
  /** The current ETag. */
  current_etag: string
  /** The ETag of the request. */
  if_match: string
}

/** 429, after the retries. */
export class RateLimitError extends ApiError {}

/** 5xx, after the retries. The request may have been carried out. */
export class ServerError extends ApiError {}

/** 502 `processor_unavailable`, after the retries. */
export class ProcessorUnavailableError extends ServerError {}

/** A success whose body is not the API's JSON, often because of a wrong `baseUrl`. */
export class InvalidResponseError extends ApiError {}

/** No answer, after the retries. The request may have been carried out. */
export class ConnectionError extends HedgeError {}

/** No answer in time, after the retries. The request may have been carried out. */
export class TimeoutError extends ConnectionError {}

/** Your signal aborted the call. The request may have been carried out. */
export class AbortedError extends HedgeError {}

/** An option of the client is wrong. */
export class ConfigurationError extends HedgeError {}

/** An argument is wrong. Nothing was sent. */
export class InvalidArgumentError extends HedgeError {}

/** The webhook is not genuine or too old. Do not process it. */
export class SignatureVerificationError extends HedgeError {}

/** The signature is missing. */
export class SignatureMissingError extends SignatureVerificationError {}

/** The header does not have the form `t=…,v1=…`. */
export class SignatureMalformedError extends SignatureVerificationError {}

/** No signature of the header matches the body and the secret. */
export class SignatureMismatchError extends SignatureVerificationError {}

/** The signature is genuine, but its time is outside the tolerance. */
export class SignatureExpiredError extends SignatureVerificationError {}

nameErrors({
  HedgeError,
  ApiError,
  InvalidRequestError,
  RefundAmountExceededError,
  AuthenticationError,
  PermissionError,
  NotFoundError,
  ConflictError,
  IdempotencyError,
  PaymentNotCancelableError,
  PaymentNotCapturableError,
  PaymentNotRefundableError,
  PaymentNotResolvableError,
  CheckoutSessionNotOpenError,
  PreconditionFailedError,
  RateLimitError,
  ServerError,
  ProcessorUnavailableError,
  InvalidResponseError,
  ConnectionError,
  TimeoutError,
  AbortedError,
  ConfigurationError,
  InvalidArgumentError,
  SignatureVerificationError,
  SignatureMissingError,
  SignatureMalformedError,
  SignatureMismatchError,
  SignatureExpiredError,
})
