import { type Static, type TSchema, Type } from 'typebox'
import { cancelableStatuses, initiableStatuses, refundableStatuses } from './lifecycle.ts'
import { paymentStatuses } from './statuses.ts'
import { oneOf } from './text.ts'

/** Details of a refusal that names a field: what came and what was expected. */
export const FieldDetails = Type.Object(
  {
    field: Type.String({ description: 'Where it is wrong, e.g. `metadata.order_id`.' }),
    received: Type.String({ description: 'What came, shortened.' }),
    expected: Type.String({ description: 'What would have been right.' }),
  },
  { title: 'FieldDetails', additionalProperties: false },
)

export const NotCancelableDetails = Type.Object(
  {
    payment_id: Type.String(),
    current_status: oneOf(paymentStatuses, {
      description: 'The status that made it fail: never `pending` or `initiated`.',
    }),
    cancelable_statuses: Type.Array(oneOf(cancelableStatuses, { description: 'A status.' })),
  },
  { title: 'NotCancelableDetails', additionalProperties: false },
)

export const NotRefundableDetails = Type.Object(
  {
    payment_id: Type.String(),
    current_status: oneOf(paymentStatuses, { description: 'The status that made it fail.' }),
    refundable_statuses: Type.Array(oneOf(refundableStatuses, { description: 'A status.' })),
  },
  { title: 'NotRefundableDetails', additionalProperties: false },
)

export const RefundAmountDetails = Type.Object(
  {
    payment_id: Type.String(),
    amount: Type.Integer({ description: 'Amount of the payment, in minor units.' }),
    refunded_amount: Type.Integer({ description: 'What was given back already.' }),
    refundable_amount: Type.Integer({ description: 'What is left: the most that is accepted.' }),
    requested_amount: Type.Integer({ description: 'What was asked for.' }),
  },
  { title: 'RefundAmountDetails', additionalProperties: false },
)

export const NotInitiableDetails = Type.Object(
  {
    payment_id: Type.String(),
    current_status: oneOf(paymentStatuses, { description: 'The status that made it fail.' }),
    initiable_statuses: Type.Array(oneOf(initiableStatuses, { description: 'A status.' })),
  },
  { title: 'NotInitiableDetails', additionalProperties: false },
)

export const PreconditionDetails = Type.Object(
  {
    payment_id: Type.String(),
    current_status: oneOf(paymentStatuses, { description: 'Its status now.' }),
    current_etag: Type.String({ description: 'The ETag it has now.' }),
  },
  { title: 'PreconditionDetails', additionalProperties: false },
)

export const NotOpenDetails = Type.Object(
  {
    session_id: Type.String(),
    current_status: oneOf(['complete', 'expired'], { description: 'The status it has.' }),
  },
  { title: 'NotOpenDetails', additionalProperties: false },
)

export const RetryDetails = Type.Object(
  { retry_after: Type.Integer({ description: 'Seconds to wait before the next try.' }) },
  { title: 'RetryDetails', additionalProperties: false },
)

export const ScopeDetails = Type.Object(
  {
    required_scope: Type.String({
      description: 'The scope the key would need; the first of them.',
    }),
    missing_scopes: Type.Array(Type.String(), { description: 'All scopes the key lacks.' }),
    scopes: Type.Array(Type.String(), { description: 'The scopes the key has.' }),
    field: Type.Optional(
      Type.String({ description: 'What only a live key may change, where a test key tried to.' }),
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

/** Every error of the API: its stable code, HTTP status, meaning and details. Source: api.md. */
export const errors = {
  invalid_request: define(400, 'The request is malformed.', FieldDetails),
  unauthorized: plain(401, 'Invalid or missing API key.'),
  insufficient_permissions: define(
    403,
    'The key lacks the scope, or is a test key where it takes a live one.',
    ScopeDetails,
  ),
  not_found: plain(404, 'There is no such thing for this key.'),
  method_not_allowed: plain(405, 'The path has no such method.'),
  payload_too_large: plain(413, 'The body is too large.'),
  unsupported_media_type: plain(415, 'The body is not application/json.'),
  idempotency_key_in_use: plain(409, 'The first request with this key still runs.'),
  idempotency_key_reused: plain(409, 'The key was used for another request.'),
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
  precondition_failed: define(412, 'If-Match names another version.', PreconditionDetails),
  checkout_session_not_open: define(412, 'The session is complete or expired.', NotOpenDetails),
  invalid_amount: define(422, 'The amount is out of range.', FieldDetails),
  invalid_currency: define(
    422,
    'The currency is not one of ISO 4217 with a minor unit.',
    FieldDetails,
  ),
  refund_amount_exceeded: define(
    422,
    'More was asked for than is left to refund.',
    RefundAmountDetails,
  ),
  rate_limit_exceeded: define(
    429,
    'Too many requests, or too many open bulk cancellations.',
    RetryDetails,
  ),
  internal_error: plain(500, 'A bug of ours.'),
  processor_unavailable: plain(502, 'The processor is not configured, or has not answered.'),
  service_unavailable: plain(503, 'Try again: nothing was done, or it can be replayed.'),
} as const

export type ErrorCode = keyof typeof errors

/** Type of the `details` that belong to an error code. */
export type ErrorDetails<C extends ErrorCode> = (typeof errors)[C]['details'] extends null
  ? undefined
  : Static<NonNullable<(typeof errors)[C]['details']>>

/** The one form of every error answer. */
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
