import type { ApiKey, ApiKeyWithSecret } from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request, withQuery } from './client.ts'

const path = '/v1/auth/api-keys'

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) => await listAll(signal),
})

/** All key pairs, page by page: nobody should overlook one that they look for in order to revoke it. */
async function listAll(signal: AbortSignal): Promise<ApiKey[]> {
  const keys: ApiKey[] = []
  for (;;) {
    const query = { limit: '100', starting_after: keys.at(-1)?.id }
    const page = await request<List<ApiKey>>('GET', withQuery(path, query), { signal })
    keys.push(...page.data)
    if (!page.has_more) return keys
  }
}

/**
 * Makes a key pair. Without an idempotency key: the server could tell a secret again only to who
 * shows one. A pair whose answer was lost is in the list, and can be revoked there.
 */
export async function createKey(key: {
  name: string | null
  scopes: readonly string[]
}): Promise<ApiKeyWithSecret> {
  return await request('POST', path, { body: key })
}

export async function revokeKey(id: string): Promise<ApiKey> {
  return await request('DELETE', `${path}/${id}`)
}
