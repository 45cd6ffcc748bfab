import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'

/** Who is signed in. */
export interface Session {
  readonly livemode: boolean
  readonly merchant: { readonly id: string; readonly name: string }
  readonly key: {
    readonly id: string
    readonly name: string | null
    readonly secret_hint: string
    readonly scopes: readonly string[]
  }
}

const path = '/dashboard/api/session'

/** The session, or `null` when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    const session = await request<Session & { signed_in: boolean }>('GET', path, { signal })
    return session.signed_in ? session : null
  },
  staleTime: 60_000,
})

export async function signIn(secretKey: string): Promise<Session> {
  return await request<Session>('POST', path, { body: { secret_key: secretKey } })
}

export async function signOut(): Promise<void> {
  await request('DELETE', path)
}
