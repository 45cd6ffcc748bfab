import type { Cancellation, CancellationResult } from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request, withQuery } from './client.ts'

const path = '/v1/cancellations'

/** Starts a bulk cancellation of the given payments. */
export async function createCancellation(cancel: {
  ids: readonly string[]
  reason: string | null
  idempotencyKey: string
}): Promise<Cancellation> {
  return await request<Cancellation>('POST', path, {
    body: { payment_ids: cancel.ids, reason: cancel.reason },
    idempotencyKey: cancel.idempotencyKey,
  })
}

/** A bulk cancellation and its progress, read again until it is completed. */
export const cancellationQuery = (id: string) =>
  queryOptions({
    queryKey: ['cancellation', id],
    queryFn: ({ signal }) => request<Cancellation>('GET', `${path}/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'completed' ? false : 400),
  })

/** The payments that could not be canceled, with their status. */
export const refusedQuery = (id: string) =>
  queryOptions({
    queryKey: ['cancellation', id, 'refused'],
    queryFn: async ({ signal }) => {
      const results = withQuery(`${path}/${id}/results`, { limit: 1000, outcome: 'refused' })
      return (await request<List<CancellationResult>>('GET', results, { signal })).data
    },
  })

/** Pauses or resumes a bulk cancellation. */
export async function setCancellationPaused(id: string, paused: boolean): Promise<Cancellation> {
  return await request('POST', `${path}/${id}/${paused ? 'pause' : 'resume'}`)
}
