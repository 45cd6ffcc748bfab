import { sql } from 'kysely'
import type { Db } from '../database/connect.ts'
import { unavailable } from '../http/answers/failures.ts'
import type { Refusal } from '../http/answers/refusal.ts'
import { ConfigError } from './environment/read.ts'

interface Reached {
  readonly publicUrl: string
  readonly trustedProxies: readonly string[]
}

const reason =
  'HEDGE_PUBLIC_URL is https, so that a proxy is in front, and HEDGE_TRUSTED_PROXIES does not name it'

/**
 * Whether all callers would share one address. The server itself speaks no TLS, so https means a
 * proxy; without its name all visitors have the proxy's address, and share its limits.
 */
export function sharesOneAddress({ publicUrl, trustedProxies }: Reached): boolean {
  return publicUrl.startsWith('https:') && trustedProxies.length === 0
}

/** The answer to requests of live mode where it is not served. */
export function refuseLiveMode(reached: Reached): Refusal | null {
  return sharesOneAddress(reached) ? unavailable(`Live mode is not served: ${reason}.`) : null
}

/** @throws {ConfigError} where live keys are in use and live mode would not be served. */
export async function requireProxiesForLiveMode(db: Db, reached: Reached): Promise<void> {
  if (!sharesOneAddress(reached)) return
  const { rows } = await sql`
    select 1 from api_keys
    where livemode and revoked_at is null and (expires_at is null or expires_at > now())
    limit 1`.execute(db)
  if (rows.length === 0) return
  throw new ConfigError(
    `HEDGE_TRUSTED_PROXIES: expected the addresses of the proxies in front, got nothing: ${reason}. ` +
      'There are live keys, and live mode is not served like this.',
  )
}
