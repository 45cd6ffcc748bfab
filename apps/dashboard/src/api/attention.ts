import type { Attention, Payment, Resolution } from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request } from './client.ts'
import { listPayments } from './payments.ts'

/** The newest 100 payments that need attention, and whether there are more. */
export const attentionQuery = queryOptions({
  queryKey: ['attention'],
  queryFn: ({ signal }) => listPayments({ needs_attention: true }, { signal }),
})

/** Why a payment needs attention, the longest first. */
export const attentionOfPaymentQuery = (paymentId: string) =>
  queryOptions({
    queryKey: ['payment', paymentId, 'attention'],
    queryFn: async ({ signal }) => {
      const path = `/v1/payments/${paymentId}/attention`
      return (await request<List<Attention>>('GET', path, { signal })).data
    },
  })

/** Resolves a payment. Throws an ApiError `payment_not_resolvable` if it needs no attention any more. */
export async function resolvePayment(resolving: {
  id: string
  resolution: Resolution
  reason: string
  /** The captured minor units, or the refund that is resolved. */
  more: { readonly amount?: number; readonly refund_id?: string; readonly dispute_id?: string }
  idempotencyKey: string
}): Promise<Payment> {
  const { id, resolution, reason, more, idempotencyKey } = resolving
  return await request<Payment>('POST', `/v1/payments/${id}/resolve`, {
    body: { resolution, reason, ...more },
    idempotencyKey,
  })
}
