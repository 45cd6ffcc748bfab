import { type Static, type TSchema, Type } from 'typebox'
import { cancelableStatuses, paymentStatuses } from './statuses.ts'
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

export const PreconditionDetails = Type.Object(
  {
    payment_id: Type.String(),
    current_status: oneOf(paymentStatuses, { description: 'Its status now.' }),
    current_etag: Type.String({ description: 'The ETag it has now.' }),
  },
  { title: 'PreconditionDetails', additionalProperties: false },
)

export const RetryDetails = Type.Object(
  { retry_after: Type.Integer({ description: 'Seconds to wait before the next try.' }) },
  { title: 'RetryDetails', additionalProperties: false },
)

export const ScopeDetails = Type.Object(
  {
    required_scope: Type.String({ description: 'The scope the key would need.' }),
    scopes: Type.Array(Type.String(), { description: 'The scopes the key has.' }),
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
  insufficient_permissions: define(403, 'The key lacks the scope.', ScopeDetails),
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
  precondition_failed: define(412, 'If-Match names another version.', PreconditionDetails),
  invalid_amount: define(422, 'The amount is out of range.', FieldDetails),
  invalid_currency: define(422, 'The currency is not one of ISO 4217.', FieldDetails),
  rate_limit_exceeded: define(429, 'Too many requests.', RetryDetails),
  internal_error: plain(500, 'A bug of ours.'),
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
