import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import { unavailable } from '../http/answers/failures.ts'
import type { Refusal } from '../http/answers/refusal.ts'
import { ConfigError } from './environment/read.ts'

/** What decides whether live mode is safe. */
interface Reached {
  readonly publicUrl: string
  readonly trustedProxies: readonly string[]
  /** Why the database may lose acknowledged commits; null: it does not, or the operator allows it. */
  readonly lossyCommits: string | null
}

const reason =
  'HEDGE_PUBLIC_URL is https, so that a proxy is in front, and HEDGE_TRUSTED_PROXIES does not name it'

/**
 * Whether all callers share one address. The server itself has no TLS, so https means a proxy. While
 * the proxy is not trusted, all callers have its address, and share its limits.
 */
export function sharesOneAddress({
  publicUrl,
  trustedProxies,
}: Pick<Reached, 'publicUrl' | 'trustedProxies'>): boolean {
  return publicUrl.startsWith('https:') && trustedProxies.length === 0
}

/** The refusal of requests in live mode, or `null` if live mode is served. */
export function refuseLiveMode(reached: Reached): Refusal | null {
  const why = sharesOneAddress(reached) ? reason : reached.lossyCommits
  return why === null ? null : unavailable(`Live mode is not served: ${why}.`)
}

/** @throws {ConfigError} when live keys are in use, but live mode would not be served. */
export async function requireSafeLiveMode(db: Db, reached: Reached): Promise<void> {
  if (refuseLiveMode(reached) === null) return
  const { rows } = await sql`
    select 1 from api_keys
    where livemode and revoked_at is null and (expires_at is null or expires_at > now())
    limit 1`.execute(db)
  if (rows.length === 0) return
  if (!sharesOneAddress(reached)) {
    throw new ConfigError(
      `DATABASE_URL: ${reached.lossyCommits}. Live keys are in use. Set synchronous_commit to on, or allow ` +
        'it with HEDGE_ASYNCHRONOUS_COMMITS=allow.',
    )
  }
  throw new ConfigError(
    `HEDGE_TRUSTED_PROXIES: expected the addresses of the proxies in front, got nothing: ${reason}. ` +
      'Live keys are in use, and live mode is not served with these settings.',
  )
}
