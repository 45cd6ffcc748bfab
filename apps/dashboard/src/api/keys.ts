import type { ApiKey, ApiKeyWithSecret } from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request } from './client.ts'

const path = '/v1/auth/api-keys'

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) => (await request<List<ApiKey>>('GET', path, { signal })).data,
})

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
