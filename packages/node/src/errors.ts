import type { PaymentStatus } from './types/payments.ts'

/** Everything this SDK throws is one. Catch it, then look at `code` or at the subclass. */
export class HedgeError extends Error {
  /** Stable; the API's own code, or the SDK's where no answer of the API came. */
  readonly code: string
  /** The HTTP status; `undefined` when there was no answer. */
  readonly status: number | undefined
  /** What the API adds to the code. Its shape depends on the code. */
  readonly details: unknown
  /** The answer's `X-Request-Id`: name it when you ask for help. */
  readonly requestId: string | undefined

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = new.target.name
    this.code = facts.code
    this.status = facts.status
    this.details = facts.details
    this.requestId = facts.requestId
  }
}

export interface ErrorFacts {
  code: string
  status?: number | undefined
  details?: unknown
  requestId?: string | undefined
  cause?: unknown
}

/** The server answered, and its answer was no. */
export class ApiError extends HedgeError {
  declare readonly status: number
}

/** 400, 405, 413, 415, 422: the request is wrong and stays wrong when it is repeated. */
export class InvalidRequestError extends ApiError {}

/** 422 `refund_amount_exceeded`: see `details.refundable_amount`. */
export class RefundAmountExceededError extends InvalidRequestError {
  declare readonly details: Partial<RefundAmountExceededDetails> | undefined
}

/** All in minor units of the payment's currency. */
export interface RefundAmountExceededDetails {
  payment_id: string
  amount: number
  refunded_amount: number
  /** What is left: the most that is accepted. */
  refundable_amount: number
  requested_amount: number
}

/** 401: no key, a bad one or a revoked one. */
export class AuthenticationError extends ApiError {}

/** 403: the key lacks a scope; `details.missing_scopes` names all that it lacks. */
export class PermissionError extends ApiError {}

/** 404: nothing there for this key; the other mode and other merchants are invisible. */
export class NotFoundError extends ApiError {}

/** 409 that has no class of its own. */
export class ConflictError extends ApiError {}

/** 409 `idempotency_key_in_use` (retried before you see it) or `idempotency_key_reused`. */
export class IdempotencyError extends ConflictError {}

/** 412 `payment_not_cancelable`: see `details.current_status`. */
export class PaymentNotCancelableError extends ApiError {
  declare readonly details: PaymentNotCancelableDetails
}

export interface PaymentNotCancelableDetails {
  payment_id: string
  /** The status that made it fail; never `pending` or `initiated`. */
  current_status: PaymentStatus
  cancelable_statuses: PaymentStatus[]
}

/** 412 `payment_not_refundable`, also of a reversal: see `details.current_status`. */
export class PaymentNotRefundableError extends ApiError {
  declare readonly details: PaymentNotRefundableDetails
}

export interface PaymentNotRefundableDetails {
  payment_id: string
  current_status: PaymentStatus
  refundable_statuses: PaymentStatus[]
}

/** 412 `checkout_session_not_open`: see `details.current_status`. */
export class CheckoutSessionNotOpenError extends ApiError {
  declare readonly details: CheckoutSessionNotOpenDetails
}

export interface CheckoutSessionNotOpenDetails {
  session_id: string
  current_status: 'complete' | 'expired'
}

/** 412 `precondition_failed`: the payment changed since the ETag given as `ifMatch`. */
export class PreconditionFailedError extends ApiError {
  declare readonly details: Partial<PreconditionFailedDetails> | undefined
}

export interface PreconditionFailedDetails {
  payment_id: string
  current_status: PaymentStatus
  /** The ETag it has now. */
  current_etag: string
  /** The one that was given. */
  if_match: string
}

/** What the server asks to wait, beside the rest. */
interface PassingFacts extends ErrorFacts {
  retryAfter?: number | undefined
}

/** 429, after the retries. */
export class RateLimitError extends ApiError {
  /** Seconds to wait, as the server says; `undefined` when it does not. */
  readonly retryAfter: number | undefined

  constructor(message: string, facts: PassingFacts) {
    super(message, facts)
    this.retryAfter = facts.retryAfter
  }
}

/** 5xx, after the retries. Whether the request was carried out is unknown. */
export class ServerError extends ApiError {
  /** Seconds to wait, as the server says, mostly with a 503; `undefined` when it does not. */
  readonly retryAfter: number | undefined

  constructor(message: string, facts: PassingFacts) {
    super(message, facts)
    this.retryAfter = facts.retryAfter
  }
}

/** 502 `processor_unavailable`, after the retries. */
export class ProcessorUnavailableError extends ServerError {}

/** A success whose body is not the API's JSON: mostly a `baseUrl` that leads elsewhere. */
export class InvalidResponseError extends ApiError {}

/** No answer, after the retries. Whether the request was carried out is unknown. */
export class ConnectionError extends HedgeError {}

/** No answer in time, after the retries. Whether the request was carried out is unknown. */
export class TimeoutError extends ConnectionError {}

/** Your signal gave up the call. Whether the request was carried out is unknown. */
export class AbortedError extends HedgeError {}

/** The client was made with options that cannot work. */
export class ConfigurationError extends HedgeError {}

/** An argument that cannot be sent; nothing was. */
export class InvalidArgumentError extends HedgeError {}

/** A webhook that must not be trusted. */
export class SignatureVerificationError extends HedgeError {}

/** There is no signature. */
export class SignatureMissingError extends SignatureVerificationError {}

/** The header is not of the form `t=…,v1=…`. */
export class SignatureMalformedError extends SignatureVerificationError {}

/** No signature in the header was made with the secret over this very body. */
export class SignatureMismatchError extends SignatureVerificationError {}

/** Genuine, but older, or further in the future, than the tolerance. */
export class SignatureExpiredError extends SignatureVerificationError {}
