import { Type } from 'typebox'
import { defineOperation } from '../operation.ts'
import { Event } from '../resources/event.ts'
import { listOf, pageQuery } from '../resources/list.ts'
import {
  Payment,
  PaymentCancel,
  PaymentCancelByKey,
  PaymentCreate,
  PaymentListQuery,
  PendingCancellation,
} from '../resources/payment.ts'

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
  errors: ['invalid_amount', 'invalid_currency'],
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
    'yields a canceled payment.',
  scope: 'payments:cancel',
  body: PaymentCancelByKey,
  responses: { 200: Payment, 202: PendingCancellation },
  errors: ['payment_not_cancelable'],
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
