import type { Dispute } from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request, withQuery } from './client.ts'

/** The newest 100 disputes. */
export const disputesQuery = queryOptions({
  queryKey: ['disputes'],
  queryFn: ({ signal }) => list({ limit: 100 }, signal),
})

/** The disputes of a payment, newest first. */
export const disputesOfPaymentQuery = (paymentId: string) =>
  queryOptions({
    queryKey: ['payment', paymentId, 'disputes'],
    queryFn: ({ signal }) => list({ payment: paymentId, limit: 100 }, signal),
  })

async function list(
  query: { payment?: string; limit: number },
  signal: AbortSignal,
): Promise<Dispute[]> {
  return (await request<List<Dispute>>('GET', withQuery('/v1/disputes', query), { signal })).data
}
