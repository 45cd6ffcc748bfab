import type {
  Cancellation,
  CancellationResult,
  Event,
  Payment,
  PaymentAttempt,
  ReversedPayment,
} from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request, withQuery } from './client.ts'

/** What payments are filtered by, as the API takes it. */
export interface PaymentFilter {
  readonly status?: readonly string[]
  readonly customer_email?: string
  readonly customer_id?: string
  readonly amount?: number
  readonly metadata?: { readonly key: string; readonly value: string }
  readonly createdFrom?: string
  readonly createdTo?: string
}

/** Most items of one page of the API. */
export const pageSize = 100

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
    amount: filter.amount,
    'created_at[gte]': filter.createdFrom,
    'created_at[lt]': filter.createdTo,
    ...(filter.metadata ? { [`metadata[${filter.metadata.key}]`]: filter.metadata.value } : {}),
  })
  return await request<List<Payment>>('GET', path, { signal: page.signal })
}

export const paymentQuery = (id: string) =>
  queryOptions({
    queryKey: ['payment', id],
    queryFn: ({ signal }) => request<Payment>('GET', `/v1/payments/${id}`, { signal }),
  })

export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: ['payment', id, 'events'],
    queryFn: async ({ signal }) => {
      const path = withQuery(`/v1/payments/${id}/events`, { limit: pageSize })
      return (await request<List<Event>>('GET', path, { signal })).data
    },
  })

/** Creates a payment, and submits it where a token to pay it with is given. */
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

export async function createCancellation(cancel: {
  ids: readonly string[]
  reason: string | null
  idempotencyKey: string
}): Promise<Cancellation> {
  return await request<Cancellation>('POST', '/v1/cancellations', {
    body: { payment_ids: cancel.ids, reason: cancel.reason },
    idempotencyKey: cancel.idempotencyKey,
  })
}

/** A bulk cancellation and its progress; asked again until it is done. */
export const cancellationQuery = (id: string) =>
  queryOptions({
    queryKey: ['cancellation', id],
    queryFn: ({ signal }) => request<Cancellation>('GET', `/v1/cancellations/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'completed' ? false : 400),
  })

/** What could not be canceled, and why. */
export const exceptionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['cancellation', id, 'exceptions'],
    queryFn: async ({ signal }) => {
      const path = withQuery(`/v1/cancellations/${id}/results`, { limit: 1000, outcome: 'refused' })
      return (await request<List<CancellationResult>>('GET', path, { signal })).data
    },
  })

export async function setCancellationPaused(id: string, paused: boolean): Promise<Cancellation> {
  return await request('POST', `/v1/cancellations/${id}/${paused ? 'pause' : 'resume'}`)
}

/** Calls to the processor, newest first. */
export const attemptsQuery = (id: string) =>
  queryOptions({
    queryKey: ['payment', id, 'attempts'],
    queryFn: async ({ signal }) => {
      const path = withQuery(`/v1/payments/${id}/attempts`, { limit: pageSize })
      return (await request<List<PaymentAttempt>>('GET', path, { signal })).data
    },
  })

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

/** Gives the money back whichever way it goes: while processing, as soon as it is decided. */
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
