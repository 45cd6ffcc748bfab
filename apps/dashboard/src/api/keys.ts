import type { ApiKey, ApiKeyWithSecret } from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request } from './client.ts'

const path = '/v1/auth/api-keys'

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) => (await request<List<ApiKey>>('GET', path, { signal })).data,
})

export async function createKey(key: {
  name: string | null
  scopes: readonly string[]
  idempotencyKey: string
}): Promise<ApiKeyWithSecret> {
  return await request('POST', path, {
    body: { name: key.name, scopes: key.scopes },
    idempotencyKey: key.idempotencyKey,
  })
}

export async function revokeKey(id: string): Promise<ApiKey> {
  return await request('DELETE', `${path}/${id}`)
}
