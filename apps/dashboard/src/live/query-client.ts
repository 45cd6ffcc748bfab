import { QueryClient } from '@tanstack/react-query'
import { ApiError, onSignedOut } from '../api/client.ts'
import { sessionQuery } from '../api/session.ts'
import { recordRequestTimes } from './request-times.ts'

/** Visible data is read again at this interval, even if no event announces a change. */
export const refreshMs = 3_000

/** The client of all queries, with their defaults. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // A server on this machine answers without a network.
      networkMode: 'always',
      refetchInterval: refreshMs,
      staleTime: 1_000,
      // An error answer is final. After a request without an answer, the interval tries again.
      retry: false,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})

recordRequestTimes(queryClient.getQueryCache())

onSignedOut(() => {
  const { queryKey } = sessionQuery
  if (queryClient.getQueryData(queryKey) === null) return
  queryClient.setQueryData(queryKey, null)
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== queryKey[0] })
})

/** Whether an error is a 404 of the API. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}
