import { type Static, type TSchema, Type } from 'typebox'
import { cancelableStatuses, initiableStatuses, refundableStatuses } from './lifecycle.ts'
import { oneOf } from './text.ts'
import { paymentStatuses } from './values.ts'

/** The details of an error about a field. */
const FieldDetails = Type.Object(
  {
    field: Type.String({ description: 'The field, such as `metadata.order_id`.' }),
    received: Type.String({ description: 'The received value, shortened.' }),
    expected: Type.String({ description: 'The expected value.' }),
  },
  { title: 'FieldDetails', additionalProperties: false },
)

const NotCancelableDetails = Type.Object(
  {
    payment_id: Type.String(),
    current_status: oneOf(paymentStatuses, {
      description: 'The status that prevented the cancel. Never `pending` or `initiated`.',
    }),
    cancelable_statuses: Type.Array(oneOf(cancelableStatuses, { description: 'A status.' })),
  },
  { title: 'NotCancelableDetails', additionalProperties: false },
)

const NotRefundableDetails = Type.Object(
  {
    payment_id: Type.String(),
    current_status: oneOf(paymentStatuses, {
      description: 'The status that prevented the action.',
    }),
    refundable_statuses: Type.Array(oneOf(refundableStatuses, { description: 'A status.' })),
  },
  { title: 'NotRefundableDetails', additionalProperties: false },
)

const RefundAmountDetails = Type.Object(
  {
    payment_id: Type.String(),
    amount: Type.Integer({ description: 'The amount of the payment, in minor units.' }),
    refunded_amount: Type.Integer({ description: 'The amount refunded so far.' }),
    refundable_amount: Type.Integer({
      description: 'The remainder, which is the largest accepted amount.',
    }),
    requested_amount: Type.Integer({ description: 'The requested amount.' }),
  },
  { title: 'RefundAmountDetails', additionalProperties: false },
)

const NotInitiableDetails = Type.Object(
  {
    payment_id: Type.String(),
    current_status: oneOf(paymentStatuses, {
      description: 'The status that prevented the action.',
    }),
    initiable_statuses: Type.Array(oneOf(initiableStatuses, { description: 'A status.' })),
  },
  { title: 'NotInitiableDetails', additionalProperties: false },
)

const PreconditionDetails = Type.Object(
  {
    payment_id: Type.String(),
    current_status: oneOf(paymentStatuses, { description: 'The current status.' }),
    current_etag: Type.String({ description: 'The current ETag.' }),
  },
  { title: 'PreconditionDetails', additionalProperties: false },
)

const NotOpenDetails = Type.Object(
  {
    session_id: Type.String(),
    current_status: oneOf(['complete', 'expired'], { description: 'The current status.' }),
  },
  { title: 'NotOpenDetails', additionalProperties: false },
)

const RetryDetails = Type.Object(
  { retry_after: Type.Integer({ description: 'Seconds to wait before a retry.' }) },
  { title: 'RetryDetails', additionalProperties: false },
)

const ScopeDetails = Type.Object(
  {
    required_scope: Type.String({
      description: 'The first missing scope.',
    }),
    missing_scopes: Type.Array(Type.String(), { description: 'All missing scopes.' }),
    scopes: Type.Array(Type.String(), { description: 'The scopes of the key.' }),
    field: Type.Optional(
      Type.String({ description: 'The field that only a live key may change.' }),
    ),
  },
  { title: 'ScopeDetails', additionalProperties: false },
)

function define<D extends TSchema>(status: number, description: string, details: D) {
  return { status, description, details }
}

function plain(status: number, description: string) {
  return { status, description, details: null }
}

/** All errors of the API: stable code, HTTP status, meaning and details. */
export const errors = {
  invalid_request: define(400, 'The request is malformed.', FieldDetails),
  unauthorized: plain(401, 'Invalid or missing API key.'),
  insufficient_permissions: define(
    403,
    'The key lacks the scope, or a live key is required.',
    ScopeDetails,
  ),
  not_found: plain(404, 'Not found in the merchant and mode of the key.'),
  method_not_allowed: plain(405, 'The path does not support the method.'),
  payload_too_large: plain(413, 'The body is too large.'),
  unsupported_media_type: plain(415, 'The content type is not application/json.'),
  idempotency_key_in_use: plain(
    409,
    'The first request with this idempotency key is still in progress.',
  ),
  idempotency_key_reused: plain(409, 'The idempotency key was used for a different request.'),
  payment_not_cancelable: define(
    412,
    'Payment status is not pending or initiated.',
    NotCancelableDetails,
  ),
  payment_not_refundable: define(
    412,
    'Payment status is not succeeded or partially_refunded.',
    NotRefundableDetails,
  ),
  payment_not_initiable: define(412, 'Payment status is not pending.', NotInitiableDetails),
  precondition_failed: define(
    412,
    'If-Match does not match the current version.',
    PreconditionDetails,
  ),
  checkout_session_not_open: define(412, 'The session is complete or expired.', NotOpenDetails),
  invalid_amount: define(422, 'The amount is out of range.', FieldDetails),
  invalid_currency: define(
    422,
    'The currency is not an ISO 4217 currency with a minor unit.',
    FieldDetails,
  ),
  refund_amount_exceeded: define(
    422,
    'The requested amount exceeds the refundable amount.',
    RefundAmountDetails,
  ),
  rate_limit_exceeded: define(
    429,
    'Too many requests, or too many open bulk cancellations.',
    RetryDetails,
  ),
  internal_error: plain(500, 'An internal error of the server.'),
  processor_unavailable: plain(502, 'The processor is not configured or did not answer.'),
  service_unavailable: plain(
    503,
    'The server cannot answer now. A retry with the same idempotency key is safe.',
  ),
} as const

export type ErrorCode = keyof typeof errors

/** The type of the `details` of an error code. */
export type ErrorDetails<C extends ErrorCode> = (typeof errors)[C]['details'] extends null
  ? undefined
  : Static<NonNullable<(typeof errors)[C]['details']>>

/** The schema of an error answer. */
export function errorSchema(code: ErrorCode): TSchema {
  const { details, description } = errors[code]
  return Type.Object(
    {
      error: Type.Object(
        {
          code: Type.Literal(code),
          message: Type.String({ description: 'For people; may change.' }),
          ...(details === null ? {} : { details: Type.Optional(details) }),
        },
        { additionalProperties: false },
      ),
    },
    { title: `Error_${code}`, description, additionalProperties: false },
  )
}
