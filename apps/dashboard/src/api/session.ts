import { queryOptions } from '@tanstack/react-query'
import { recordClockOffset } from '../clock.ts'
import { request } from './client.ts'

/** The account and the key of the user. */
export interface Session {
  readonly livemode: boolean
  readonly clock_offset_seconds: number
  readonly merchant: { readonly id: string; readonly name: string }
  readonly key: {
    readonly id: string
    readonly name: string | null
    readonly secret_hint: string
    readonly scopes: readonly string[]
  }
}

const path = '/dashboard/api/session'

/** The session, or `null` if the user is not signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    const session = await request<Session & { signed_in: boolean }>('GET', path, { signal })
    if (!session.signed_in) return null
    recordClockOffset(session.clock_offset_seconds)
    return session
  },
  staleTime: 60_000,
})

/** Signs in with a secret key. The server answers with a cookie that scripts cannot read. */
export async function signIn(secretKey: string): Promise<Session> {
  const session = await request<Session>('POST', path, { body: { secret_key: secretKey } })
  recordClockOffset(session.clock_offset_seconds)
  return session
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  await request('DELETE', path)
}
