import type { Event, Payment, PaymentAttempt, ReversedPayment } from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request, withQuery } from './client.ts'

/** Filters of the list of payments. Times are RFC 3339; `createdTo` is exclusive. */
export interface PaymentFilter {
  readonly status?: readonly string[]
  readonly customer_email?: string
  readonly customer_id?: string
  readonly checkout_session_id?: string
  readonly last4?: string
  readonly amount?: number
  readonly metadata?: { readonly key: string; readonly value: string }
  readonly createdFrom?: string
  readonly createdTo?: string
  readonly needs_attention?: boolean
}

/** The API's maximum number of items in a page. */
export const pageSize = 100

/** Reads one page of payments, newest first. `after` is the id of the last payment before the page. */
export async function listPayments(
  filter: PaymentFilter,
  page: { after?: string; limit?: number; signal?: AbortSignal } = {},
): Promise<List<Payment>> {
  const path = withQuery('/v1/payments', {
    limit: page.limit ?? pageSize,
    starting_after: page.after,
    status: filter.status,
    customer_email: filter.customer_email,
    customer_id: filter.customer_id,
    checkout_session_id: filter.checkout_session_id,
    last4: filter.last4,
    amount: filter.amount,
    needs_attention: filter.needs_attention === undefined ? undefined : `${filter.needs_attention}`,
    'created_at[gte]': filter.createdFrom,
    'created_at[lt]': filter.createdTo,
    ...(filter.metadata ? { [`metadata[${filter.metadata.key}]`]: filter.metadata.value } : {}),
  })
  return await request<List<Payment>>('GET', path, { signal: page.signal })
}

/** One payment. */
export const paymentQuery = (id: string) =>
  queryOptions({
    queryKey: ['payment', id],
    queryFn: ({ signal }) => request<Payment>('GET', `/v1/payments/${id}`, { signal }),
  })

/** Events of a payment, newest first. */
export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: ['payment', id, 'events'],
    queryFn: ({ signal }) => readFirstPage<Event>(`/v1/payments/${id}/events`, signal),
  })

/** A payment that the customer has tried on one payment page. */
export type PaymentTry = Pick<
  Payment,
  'id' | 'status' | 'amount' | 'currency' | 'failure_code' | 'created_at'
>

/** All tries on the page of a payment, oldest first: the payment itself, and others with the same link. */
export const triesQuery = (id: string) =>
  queryOptions({
    queryKey: ['payment', id, 'tries'],
    queryFn: async ({ signal }) => {
      const path = `/dashboard/api/payments/${id}/tries`
      return (await request<List<PaymentTry>>('GET', path, { signal })).data
    },
  })

/** Calls to the processor, newest first. */
export const attemptsQuery = (id: string) =>
  queryOptions({
    queryKey: ['payment', id, 'attempts'],
    queryFn: ({ signal }) => readFirstPage<PaymentAttempt>(`/v1/payments/${id}/attempts`, signal),
  })

async function readFirstPage<T>(path: string, signal: AbortSignal): Promise<T[]> {
  return (await request<List<T>>('GET', withQuery(path, { limit: pageSize }), { signal })).data
}

/** Creates a payment. With a token it also initiates the payment. */
export async function createPayment(payment: {
  amountMinor: number
  currency: string
  email: string
  cancelWindowSeconds: number
  token: string | null
  idempotencyKey: string
}): Promise<Payment> {
  return await request<Payment>('POST', '/v1/payments', {
    body: {
      amount: payment.amountMinor,
      currency: payment.currency,
      customer_email: payment.email,
      description: 'Test payment',
      cancel_window: payment.cancelWindowSeconds,
      ...(payment.token === null ? {} : { initiate: true, payment_method_token: payment.token }),
    },
    idempotencyKey: payment.idempotencyKey,
  })
}

/** Cancels a payment. Throws an ApiError `payment_not_cancelable` if it is too late. */
export async function cancelPayment(cancel: {
  id: string
  reason: string | null
  idempotencyKey: string
}): Promise<Payment> {
  return await request<Payment>('POST', `/v1/payments/${cancel.id}/cancel`, {
    body: { reason: cancel.reason },
    idempotencyKey: cancel.idempotencyKey,
  })
}

/** Captures `amount` minor units of an authorized payment. The rest is released. */
export async function capturePayment(capture: {
  id: string
  amount: number
  idempotencyKey: string
}): Promise<Payment> {
  return await request<Payment>('POST', `/v1/payments/${capture.id}/capture`, {
    body: { amount: capture.amount },
    idempotencyKey: capture.idempotencyKey,
  })
}

/** Refunds `amount` minor units. */
export async function refundPayment(refund: {
  id: string
  amount: number
  reason: string | null
  idempotencyKey: string
}): Promise<Payment> {
  return await request<Payment>('POST', `/v1/payments/${refund.id}/refund`, {
    body: { amount: refund.amount, reason: refund.reason },
    idempotencyKey: refund.idempotencyKey,
  })
}

/** Cancels or refunds. A payment that is processing is refunded as soon as it succeeds. */
export async function reversePayment(reversal: {
  id: string
  reason: string | null
  idempotencyKey: string
}): Promise<ReversedPayment> {
  return await request<ReversedPayment>('POST', `/v1/payments/${reversal.id}/reverse`, {
    body: { reason: reversal.reason },
    idempotencyKey: reversal.idempotencyKey,
  })
}
