import type { ApiKey, ApiKeyWithSecret } from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request, withQuery } from './client.ts'

const path = '/v1/auth/api-keys'

/** All key pairs of the account, also revoked ones. */
export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) => await listAll(signal),
})

/** Reads all pages, because a user who wants to revoke a key must find it. */
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
 * Creates a key pair. Sends no idempotency key, because the server does not store secrets for a
 * replay. If the answer is lost, the user finds the new pair in the list and revokes it there.
 */
export async function createKey(key: {
  name: string | null
  scopes: readonly string[]
}): Promise<ApiKeyWithSecret> {
  return await request('POST', path, { body: key })
}

/** Revokes a key pair. The server refuses it within five seconds. */
export async function revokeKey(id: string): Promise<ApiKey> {
  return await request('DELETE', `${path}/${id}`)
}
