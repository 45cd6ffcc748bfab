import { type Static, type TSchema, Type } from 'typebox'
import {
  FieldDetails,
  MovedDetails,
  NotCancelableDetails,
  NotCapturableDetails,
  NotInitiableDetails,
  NotOpenDetails,
  NotRefundableDetails,
  NotResolvableDetails,
  PreconditionDetails,
  RefundAmountDetails,
  RetryDetails,
  ScopeDetails,
} from './error-details.ts'
import { discriminated, pascalCase } from './text.ts'

/** All errors of the API: stable code, HTTP status, meaning, a sample of the message, and details. */
export const errors = {
  invalid_request: {
    status: 400,
    description: 'The request is malformed.',
    message: 'Invalid amount: expected at least 1.',
    details: FieldDetails,
  },
  unauthorized: {
    status: 401,
    description: 'Invalid or missing API key.',
    message: 'Invalid API key.',
    details: null,
  },
  insufficient_permissions: {
    status: 403,
    description: 'The key lacks the scope, or a live key is required.',
    message: 'The API key lacks the scope payments:cancel.',
    details: ScopeDetails,
  },
  not_found: {
    status: 404,
    description: 'Not found in the merchant and mode of the key.',
    message: 'Payment pay_abc123xyz not found.',
    details: null,
  },
  method_not_allowed: {
    status: 405,
    description: 'The path does not support the method.',
    message: 'PUT is not allowed here. Allowed: GET, POST.',
    details: null,
  },
  payload_too_large: {
    status: 413,
    description: 'The body is too large.',
    message: 'The body is larger than this path accepts.',
    details: null,
  },
  unsupported_media_type: {
    status: 415,
    description: 'The content type is not application/json.',
    message: 'Expected the content type application/json.',
    details: null,
  },
  idempotency_key_in_use: {
    status: 409,
    description: 'The first request with this idempotency key is still in progress.',
    message:
      'The first request with this idempotency key is still in progress. Try again after a second.',
    details: null,
  },
  idempotency_key_reused: {
    status: 409,
    description: 'The idempotency key was used for a different request.',
    message: 'The idempotency key "order-17" was used for another request.',
    details: null,
  },
  payment_not_cancelable: {
    status: 412,
    description: 'Payment status is not pending or initiated.',
    message: 'Payment pay_abc123xyz cannot be canceled. Current status: succeeded.',
    details: NotCancelableDetails,
  },
  payment_not_capturable: {
    status: 412,
    description: 'Payment status is not initiated.',
    message: 'Payment pay_abc123xyz cannot be captured. Current status: canceled.',
    details: NotCapturableDetails,
  },
  payment_not_refundable: {
    status: 412,
    description:
      'Payment status is not succeeded or partially_refunded, or the payment is disputed.',
    message: 'Payment pay_abc123xyz cannot be refunded. Current status: pending.',
    details: NotRefundableDetails,
  },
  payment_not_initiable: {
    status: 412,
    description: 'Payment status is not pending.',
    message: 'Payment pay_abc123xyz cannot be initiated. Current status: initiated.',
    details: NotInitiableDetails,
  },
  payment_not_resolvable: {
    status: 412,
    description: 'The payment needs no attention, or the resolution does not fit.',
    message: 'Payment pay_abc123xyz cannot be resolved as captured. It needs no attention.',
    details: NotResolvableDetails,
  },
  precondition_failed: {
    status: 412,
    description: 'If-Match does not match the current version.',
    message: 'Payment pay_abc123xyz has changed: If-Match does not name its version "2".',
    details: PreconditionDetails,
  },
  checkout_session_not_open: {
    status: 412,
    description: 'The session is complete or expired.',
    message: 'Checkout session cs_abc123xyz cannot be expired. Current status: complete.',
    details: NotOpenDetails,
  },
  invalid_amount: {
    status: 422,
    description: 'The amount is out of range, or the processor does not take it.',
    message: 'Invalid amount: expected at least 1.',
    details: FieldDetails,
  },
  invalid_currency: {
    status: 422,
    description:
      'The currency is not an ISO 4217 currency with a minor unit, or the processor does not support it.',
    message: 'Invalid currency: expected a currency code of ISO 4217, like USD.',
    details: FieldDetails,
  },
  refund_amount_exceeded: {
    status: 422,
    description: 'The requested amount exceeds the refundable amount.',
    message: 'Payment pay_abc123xyz has 4999 left to refund, which is less than 9999.',
    details: RefundAmountDetails,
  },
  rate_limit_exceeded: {
    status: 429,
    description: 'Too many requests, or too many open bulk cancellations.',
    message: 'Too many requests: 100 a minute.',
    details: RetryDetails,
  },
  internal_error: {
    status: 500,
    description: 'An internal error of the server.',
    message: 'Something went wrong on our side.',
    details: null,
  },
  processor_unavailable: {
    status: 502,
    description: 'The processor is not configured or did not answer.',
    message: 'The processor has not answered about payment pay_abc123xyz.',
    details: null,
  },
  service_unavailable: {
    status: 503,
    description: 'The server cannot answer now. A retry with the same idempotency key is safe.',
    message: 'The database is not available. Try again.',
    details: null,
  },
  merchant_moving: {
    status: 503,
    description:
      'The operator moves the merchant to another cell, which takes seconds. Repeat the request with the same idempotency key: a request that was in progress may have been carried out.',
    message:
      'The merchant is moving to another cell. Try again after a second, with the same idempotency key.',
    details: null,
  },
  merchant_moved: {
    status: 503,
    description: 'The merchant is in another cell. Nothing was done: retry there.',
    message: 'The merchant has moved to https://eu-2.api.example.com. Send the request there.',
    details: MovedDetails,
  },
} as const

export type ErrorCode = keyof typeof errors

/** The type of the `details` of an error code. */
export type ErrorDetails<C extends ErrorCode> = (typeof errors)[C]['details'] extends null
  ? undefined
  : Static<NonNullable<(typeof errors)[C]['details']>>

/** The name of an error's schema: `payment_not_cancelable` → `PaymentNotCancelableError`. */
function errorName(code: ErrorCode): string {
  return `${pascalCase(code)}Error`
}

/** The schema of the `error` of an answer with this code. */
function errorSchema(code: ErrorCode): TSchema {
  const { details, description, message } = errors[code]
  return Type.Object(
    {
      code: Type.Literal(code, { description: 'The code, for programs. Never changes.' }),
      message: Type.String({ description: 'For people; may change.' }),
      ...(details === null ? {} : { details }),
    },
    {
      title: errorName(code),
      description,
      additionalProperties: false,
      examples: [{ code, message, ...(details && { details: sampleOf(details) }) }],
    },
  )
}

/**
 * The schema of an answer with one of these errors. `code` decides which, so generated types narrow
 * by it.
 */
export function errorAnswer(codes: readonly [ErrorCode, ...ErrorCode[]]): TSchema {
  const [first, ...others] = codes
  const error =
    others.length === 0 ? errorSchema(first) : discriminated('code', codes.map(errorSchema))
  return Type.Object({ error }, { description: 'An error.', additionalProperties: false })
}

function sampleOf(details: TSchema): unknown {
  return (details as { examples?: readonly unknown[] }).examples?.[0]
}
