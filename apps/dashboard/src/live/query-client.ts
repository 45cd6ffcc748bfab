import { QueryClient } from '@tanstack/react-query'
import { ApiError, onSignedOut } from '../api/client.ts'
import { sessionQuery } from '../api/session.ts'
import { watchAsking } from './request-times.ts'

/** What is on screen is asked for again this often, also where events tell of changes. */
export const refreshMs = 3_000

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // A server on this machine is there without a network.
      networkMode: 'always',
      refetchInterval: refreshMs,
      staleTime: 1_000,
      // A refusal is an answer; only what got none is worth another try, and the interval makes it.
      retry: false,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})

watchAsking(queryClient.getQueryCache())

onSignedOut(() => {
  const { queryKey } = sessionQuery
  if (queryClient.getQueryData(queryKey) === null) return
  queryClient.setQueryData(queryKey, null)
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== queryKey[0] })
})

/** Whether an error is the API saying that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}
