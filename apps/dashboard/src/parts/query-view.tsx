import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failed, Loading } from './states.tsx'

/** Shows the data of a query. Until it has data: that it loads, or why it failed. */
export function QueryView<Data>({
  query,
  loadingLabel,
  children,
}: {
  query: Pick<UseQueryResult<Data>, 'data' | 'error' | 'refetch'>
  loadingLabel?: string
  children: (data: Data) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />
  return <Loading {...(loadingLabel === undefined ? {} : { label: loadingLabel })} />
}
