import { Type } from 'typebox'
import {
  cancelableStatuses,
  capturableStatuses,
  initiableStatuses,
  refundableStatuses,
} from './lifecycle.ts'
import { nullable, oneOf } from './text.ts'
import { paymentStatuses, resolutions } from './values.ts'

export const FieldDetails = Type.Object(
  {
    field: Type.String({ description: 'The field, such as `metadata.order_id`.' }),
    received: Type.String({ description: 'The received value, shortened.' }),
    expected: Type.String({ description: 'The expected value.' }),
  },
  {
    title: 'FieldDetails',
    description: 'The details of an error about a field.',
    additionalProperties: false,
    examples: [{ field: 'amount', received: '0', expected: 'at least 1' }],
  },
)

export const MovedDetails = Type.Object(
  {
    api_url: nullable(
      Type.String({ description: 'The address of the API that has the merchant, if it is set.' }),
    ),
  },
  {
    title: 'MovedDetails',
    description: 'Where a merchant has moved.',
    additionalProperties: false,
    examples: [{ api_url: 'https://eu-2.api.example.com' }],
  },
)

export const NotCancelableDetails = Type.Object(
  {
    payment_id: Type.String({ description: 'The payment.' }),
    current_status: oneOf(paymentStatuses, {
      description: 'The status that prevented the cancel. Never `pending` or `initiated`.',
    }),
    cancelable_statuses: Type.Array(oneOf(cancelableStatuses, { description: 'A status.' }), {
      description: 'The statuses in which a payment can be canceled.',
    }),
  },
  {
    title: 'NotCancelableDetails',
    description: 'Why a payment cannot be canceled.',
    additionalProperties: false,
    examples: [
      {
        payment_id: 'pay_abc123xyz',
        current_status: 'succeeded',
        cancelable_statuses: [...cancelableStatuses],
      },
    ],
  },
)

export const NotCapturableDetails = Type.Object(
  {
    payment_id: Type.String({ description: 'The payment.' }),
    current_status: oneOf(paymentStatuses, {
      description: 'The status that prevented the capture.',
    }),
    capturable_statuses: Type.Array(oneOf(capturableStatuses, { description: 'A status.' }), {
      description: 'The statuses in which a payment can be captured.',
    }),
  },
  {
    title: 'NotCapturableDetails',
    description: 'Why a payment cannot be captured.',
    additionalProperties: false,
    examples: [
      {
        payment_id: 'pay_abc123xyz',
        current_status: 'canceled',
        capturable_statuses: [...capturableStatuses],
      },
    ],
  },
)

export const NotRefundableDetails = Type.Object(
  {
    payment_id: Type.String({ description: 'The payment.' }),
    current_status: oneOf(paymentStatuses, {
      description: 'The status that prevented the action.',
    }),
    refundable_statuses: Type.Array(oneOf(refundableStatuses, { description: 'A status.' }), {
      description: 'The statuses in which a payment can be refunded.',
    }),
    reason: Type.Optional(
      oneOf(['disputed'], {
        description: 'The reason, if it is not the status: the payment is disputed.',
      }),
    ),
  },
  {
    title: 'NotRefundableDetails',
    description: 'Why a payment cannot be refunded.',
    additionalProperties: false,
    examples: [
      {
        payment_id: 'pay_abc123xyz',
        current_status: 'pending',
        refundable_statuses: [...refundableStatuses],
      },
    ],
  },
)

export const RefundAmountDetails = Type.Object(
  {
    payment_id: Type.String({ description: 'The payment.' }),
    amount: Type.Integer({ description: 'The amount of the payment, in minor units.' }),
    refunded_amount: Type.Integer({ description: 'The amount refunded so far.' }),
    refundable_amount: Type.Integer({
      description: 'The remainder, which is the largest accepted amount.',
    }),
    requested_amount: Type.Integer({ description: 'The requested amount.' }),
  },
  {
    title: 'RefundAmountDetails',
    description: 'How much of a payment can still be refunded.',
    additionalProperties: false,
    examples: [
      {
        payment_id: 'pay_abc123xyz',
        amount: 9999,
        refunded_amount: 5000,
        refundable_amount: 4999,
        requested_amount: 9999,
      },
    ],
  },
)

export const NotInitiableDetails = Type.Object(
  {
    payment_id: Type.String({ description: 'The payment.' }),
    current_status: oneOf(paymentStatuses, {
      description: 'The status that prevented the action.',
    }),
    initiable_statuses: Type.Array(oneOf(initiableStatuses, { description: 'A status.' }), {
      description: 'The statuses in which a payment can be initiated.',
    }),
  },
  {
    title: 'NotInitiableDetails',
    description: 'Why a payment cannot be initiated.',
    additionalProperties: false,
    examples: [
      {
        payment_id: 'pay_abc123xyz',
        current_status: 'initiated',
        initiable_statuses: [...initiableStatuses],
      },
    ],
  },
)

export const NotResolvableDetails = Type.Object(
  {
    payment_id: Type.String({ description: 'The payment.' }),
    current_status: oneOf(paymentStatuses, { description: 'The status of the payment.' }),
    resolutions: Type.Array(oneOf(resolutions, { description: 'A resolution.' }), {
      description: 'The resolutions that the payment accepts now. Empty: it needs no attention.',
    }),
  },
  {
    title: 'NotResolvableDetails',
    description: 'Why a payment cannot be resolved so.',
    additionalProperties: false,
    examples: [{ payment_id: 'pay_abc123xyz', current_status: 'processing', resolutions: [] }],
  },
)

export const PreconditionDetails = Type.Object(
  {
    payment_id: Type.String({ description: 'The payment.' }),
    current_status: oneOf(paymentStatuses, { description: 'The current status.' }),
    current_etag: Type.String({ description: 'The current ETag.' }),
  },
  {
    title: 'PreconditionDetails',
    description: 'The current version of the payment.',
    additionalProperties: false,
    examples: [{ payment_id: 'pay_abc123xyz', current_status: 'initiated', current_etag: '"2"' }],
  },
)

export const NotOpenDetails = Type.Object(
  {
    session_id: Type.String({ description: 'The session.' }),
    current_status: oneOf(['complete', 'expired'], { description: 'The current status.' }),
  },
  {
    title: 'NotOpenDetails',
    description: 'Why a session is not open.',
    additionalProperties: false,
    examples: [{ session_id: 'cs_abc123xyz', current_status: 'complete' }],
  },
)

export const RetryDetails = Type.Object(
  { retry_after: Type.Integer({ description: 'Seconds to wait before a retry.' }) },
  {
    title: 'RetryDetails',
    description: 'When to retry.',
    additionalProperties: false,
    examples: [{ retry_after: 30 }],
  },
)

export const ScopeDetails = Type.Object(
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
  {
    title: 'ScopeDetails',
    description: 'The scopes that the key lacks.',
    additionalProperties: false,
    examples: [
      {
        required_scope: 'payments:cancel',
        missing_scopes: ['payments:cancel'],
        scopes: ['payments:read'],
      },
    ],
  },
)
