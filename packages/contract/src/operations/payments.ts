import { Type } from 'typebox'
import { defineOperation } from '../operation.ts'
import { PaymentAttempt, PaymentAttemptListQuery } from '../resources/attempt.ts'
import { Event } from '../resources/event.ts'
import { listOf, pageQuery } from '../resources/list.ts'
import {
  Payment,
  PaymentCancel,
  PaymentCancelByKey,
  PaymentCreate,
  PaymentInitiate,
  PaymentListQuery,
  PendingCancellation,
} from '../resources/payment.ts'
import { PaymentRefund, PaymentReverse, ReversedPayment } from '../resources/reversal.ts'

const tag = 'Payments'

export const createPayment = defineOperation({
  id: 'createPayment',
  method: 'POST',
  path: '/v1/payments',
  tag,
  summary: 'Create a payment',
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
  scope: 'payments:read',
  responses: { 200: Payment },
  errors: [],
})

export const initiatePayment = defineOperation({
  id: 'initiatePayment',
  method: 'POST',
  path: '/v1/payments/:id/initiate',
  tag,
  summary: 'Submit a payment to the processor',
  description:
    'Authorizes it: the payment comes back `initiated`, or `failed` with the reason. Where the ' +
    'customer has to confirm first (3-D Secure) it is still `pending` and `next_action` says ' +
    'where; it goes on by itself once that is done, and may be initiated again with another token ' +
    'until then. A processor that does not answer gives 502: the outcome is then looked up in the ' +
    'background, and the same request with the same idempotency key goes on where it stopped.',
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
    'one payment exactly one wins. An acknowledged cancel is on disk and is never undone.',
  scope: 'payments:cancel',
  body: PaymentCancel,
  bodyOptional: true,
  ifMatch: true,
  responses: { 200: Payment },
  errors: ['payment_not_cancelable', 'precondition_failed'],
})

export const cancelPaymentByKey = defineOperation({
  id: 'cancelPaymentByIdempotencyKey',
  method: 'POST',
  path: '/v1/payments/cancel',
  tag,
  summary: 'Cancel a payment by the idempotency key of its create',
  description:
    'For a client that lost the answer to its create: cancels the payment that a create with this ' +
    'key made. Where none has arrived yet, the answer is 202, and the create, arriving later, ' +
    'yields a canceled payment. The key is known for as long as the payment can be canceled, and ' +
    'at least a day longer.',
  scope: 'payments:cancel',
  body: PaymentCancelByKey,
  responses: { 200: Payment, 202: PendingCancellation },
  errors: ['payment_not_cancelable'],
})

export const refundPayment = defineOperation({
  id: 'refundPayment',
  method: 'POST',
  path: '/v1/payments/:id/refund',
  tag,
  summary: 'Refund a payment, in part or all that is left',
  description:
    'Several refunds never give back more than the amount, also when they come at once. The refund ' +
    'is `pending` until the processor has done it. Should the processor refuse it for good, it is ' +
    '`failed`, and its amount is taken back out of `refunded_amount`, from which the status ' +
    'follows: `succeeded`, or `partially_refunded` where another refund remains. A payment has at ' +
    'most 100 refunds that have not failed; the last one has to give back all that is left.',
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
  summary: 'Cancel a payment if it still can be, else refund what is left',
  description:
    'One atomic decision. While the payment is `processing` the reversal is recorded and answered ' +
    'with 202; it is carried out as soon as the payment is decided. The key needs the scope ' +
    '`payments:cancel` as well.',
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
    'Each try to authorize, capture or void, also those that got no answer and were looked up. ' +
    'What they changed is in the timeline.',
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
  scope: 'payments:read',
  query: Type.Object(pageQuery, { title: 'PageQuery', additionalProperties: false }),
  responses: { 200: listOf(Event, 'EventList') },
  errors: [],
})
