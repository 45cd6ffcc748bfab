import { Type } from 'typebox'
import { defineOperation } from '../operation.ts'
import { Event } from '../resources/events/event.ts'
import { listOf, pageQuery } from '../resources/list.ts'
import { PaymentAttempt, PaymentAttemptListQuery } from '../resources/payments/attempt.ts'
import { Attention, PaymentResolve } from '../resources/payments/attention.ts'
import { PaymentCapture } from '../resources/payments/capture.ts'
import {
  Payment,
  PaymentCancel,
  PaymentCancelByKey,
  PaymentCreate,
  PaymentInitiate,
  PendingCancellation,
} from '../resources/payments/payment.ts'
import { PaymentListQuery } from '../resources/payments/payment-filter.ts'
import { PaymentRefund, PaymentReverse, ReversedPayment } from '../resources/payments/reversal.ts'

const tag = 'Payments'

export const createPayment = defineOperation({
  id: 'createPayment',
  method: 'POST',
  path: '/v1/payments',
  tag,
  summary: 'Create a payment',
  description:
    'The payment is `pending` until it is initiated: at once with `initiate`, later by its own request, or by the customer on the page at `url`. Send an idempotency key, so that a repeated request creates no second payment.',
  scope: 'payments:create',
  body: PaymentCreate,
  responses: { 201: Payment },
  errors: ['invalid_amount', 'invalid_currency', 'processor_unavailable'],
})

export const listPayments = defineOperation({
  id: 'listPayments',
  method: 'GET',
  path: '/v1/payments',
  tag,
  summary: 'List payments, newest first',
  description: 'Filters are combined: a payment must match all of them.',
  scope: 'payments:read',
  query: PaymentListQuery,
  responses: { 200: listOf(Payment, 'PaymentList') },
  errors: [],
})

export const retrievePayment = defineOperation({
  id: 'retrievePayment',
  method: 'GET',
  path: '/v1/payments/:id',
  tag,
  summary: 'Retrieve a payment',
  description: 'With its refunds. A client token can read its own payment.',
  scope: 'payments:read',
  responses: { 200: Payment },
  errors: [],
})

export const initiatePayment = defineOperation({
  id: 'initiatePayment',
  method: 'POST',
  path: '/v1/payments/:id/initiate',
  tag,
  summary: 'Initiate a payment at the processor',
  description:
    'Authorizes the payment, which becomes `initiated`, or `failed` with the reason. If the customer ' +
    'must confirm first (3-D Secure), the payment stays `pending`, and `next_action` contains the ' +
    'page. After the confirmation, the payment continues automatically. Until then it may be ' +
    'initiated again with another token. If the processor does not answer, the answer is 502 and the ' +
    'outcome is looked up in the background. Repeating the request with the same idempotency key ' +
    'continues it.',
  scope: 'payments:create',
  body: PaymentInitiate,
  bodyOptional: true,
  ifMatch: true,
  responses: { 200: Payment },
  errors: ['payment_not_initiable', 'precondition_failed', 'processor_unavailable'],
})

export const cancelPayment = defineOperation({
  id: 'cancelPayment',
  method: 'POST',
  path: '/v1/payments/:id/cancel',
  tag,
  summary: 'Cancel a payment',
  description:
    'A payment can only be canceled when its status is `pending` or `initiated`. Once it reaches ' +
    '`processing`, `succeeded` or `failed`, it cannot be canceled. Of all concurrent attempts on ' +
    'one payment, exactly one wins. An acknowledged cancel is durable and is never undone.',
  scope: 'payments:cancel',
  body: PaymentCancel,
  bodyOptional: true,
  ifMatch: true,
  responses: { 200: Payment },
  errors: ['payment_not_cancelable', 'precondition_failed'],
})

export const capturePayment = defineOperation({
  id: 'capturePayment',
  method: 'POST',
  path: '/v1/payments/:id/capture',
  tag,
  summary: 'Capture a payment, fully or in part',
  description:
    'Takes the money of an `initiated` payment now: completes `capture_method: manual`, or ends the ' +
    'cancel window early. The payment becomes `processing`, and can no longer be canceled. With an ' +
    '`amount`, a part is captured and the rest is released. Of concurrent requests to capture and to ' +
    'cancel, exactly one wins.',
  scope: 'payments:capture',
  body: PaymentCapture,
  bodyOptional: true,
  ifMatch: true,
  responses: { 200: Payment },
  errors: ['payment_not_capturable', 'precondition_failed', 'invalid_amount'],
})

export const cancelPaymentByKey = defineOperation({
  id: 'cancelPaymentByIdempotencyKey',
  method: 'POST',
  path: '/v1/payments/cancel',
  tag,
  summary: 'Cancel a payment by the idempotency key of its create',
  description:
    'For clients that lost the answer to a create. Cancels the payment that the create with this key ' +
    'made. If the create has not arrived yet, the answer is 202; if it arrives later, its payment is ' +
    'canceled. The key is kept while the payment can be canceled, and at least one day longer.',
  scope: 'payments:cancel',
  body: PaymentCancelByKey,
  responses: { 200: Payment, 202: PendingCancellation },
  errors: ['payment_not_cancelable', 'not_found'],
})

export const refundPayment = defineOperation({
  id: 'refundPayment',
  method: 'POST',
  path: '/v1/payments/:id/refund',
  tag,
  summary: 'Refund a payment, fully or in part',
  description:
    'Refunds never exceed the amount of the payment, also if they are concurrent. The refund is ' +
    '`pending` until the processor has carried it out. If the processor refuses it for good, or the ' +
    'bank returns it, the refund is `failed`, its amount is subtracted from `refunded_amount`, and the ' +
    'payment becomes `succeeded`, or `partially_refunded` if another refund remains. A payment can ' +
    'have at most 100 refunds that have not failed; the last of them must refund the whole ' +
    'remainder. A refund that a person makes at the processor becomes a refund here. If it leaves too ' +
    'little for a `pending` refund, that refund is `failed` with `refunded_at_processor`; if the whole ' +
    'payment was to be refunded, a new refund of the remainder follows.',
  scope: 'payments:refund',
  body: PaymentRefund,
  bodyOptional: true,
  ifMatch: true,
  responses: { 200: Payment },
  errors: [
    'payment_not_refundable',
    'precondition_failed',
    'refund_amount_exceeded',
    'invalid_amount',
  ],
})

export const reversePayment = defineOperation({
  id: 'reversePayment',
  method: 'POST',
  path: '/v1/payments/:id/reverse',
  tag,
  summary: 'Cancel a payment if possible, else refund its remainder',
  description:
    'The decision is atomic. If the payment is `processing`, the reversal is recorded, the answer is ' +
    '202, and the reversal is carried out as soon as the processor has decided. The key needs the ' +
    'scope `payments:cancel` as well.',
  scope: 'payments:refund',
  scopesAlso: ['payments:cancel'],
  body: PaymentReverse,
  bodyOptional: true,
  ifMatch: true,
  responses: { 200: ReversedPayment, 202: ReversedPayment },
  errors: ['payment_not_refundable', 'precondition_failed'],
})

export const listPaymentAttempts = defineOperation({
  id: 'listPaymentAttempts',
  method: 'GET',
  path: '/v1/payments/:id/attempts',
  tag,
  summary: 'List the calls to the processor about a payment, newest first',
  description:
    'All calls, also those without an answer. The timeline contains the changes that they caused.',
  scope: 'payments:read',
  query: PaymentAttemptListQuery,
  responses: { 200: listOf(PaymentAttempt, 'PaymentAttemptList') },
  errors: [],
})

export const listPaymentEvents = defineOperation({
  id: 'listPaymentEvents',
  method: 'GET',
  path: '/v1/payments/:id/events',
  tag,
  summary: "List a payment's timeline, newest first",
  description: 'All events of the payment. `sequence` counts them without a gap.',
  scope: 'payments:read',
  query: Type.Object(pageQuery, { title: 'PageQuery', additionalProperties: false }),
  responses: { 200: listOf(Event, 'EventList') },
  errors: [],
})

export const listPaymentAttention = defineOperation({
  id: 'listPaymentAttention',
  method: 'GET',
  path: '/v1/payments/:id/attention',
  tag,
  summary: 'List why a payment needs attention',
  description:
    'Empty for a payment that waits for nothing, or not for too long. `needs_attention=true` lists the ' +
    'payments for which it is not empty.',
  scope: 'payments:read',
  responses: { 200: listOf(Attention, 'AttentionList') },
  errors: [],
})

export const resolvePayment = defineOperation({
  id: 'resolvePayment',
  method: 'POST',
  path: '/v1/payments/:id/resolve',
  tag,
  summary: 'Resolve a payment that needs attention',
  description:
    'Declares what the processor does not tell, or tries again now (`retry`). The step, its event with ' +
    'your key and reason, the ledger and the entry in the audit log are one transaction. A later answer ' +
    'of the processor is never booked twice. Refused for a payment that needs no attention, and for a ' +
    'resolution that does not fit.',
  scope: 'payments:resolve',
  body: PaymentResolve,
  ifMatch: true,
  responses: { 200: Payment },
  errors: ['payment_not_resolvable', 'precondition_failed', 'invalid_amount'],
})
