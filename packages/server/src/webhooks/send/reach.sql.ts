import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { Reach } from './address.ts'

/**
 * `HEDGE_WEBHOOK_PRIVATE_NETWORKS`: whether webhooks of test mode may reach loopback and private
 * addresses. `null`: they may until the deployment has a live key.
 */
export type PrivateNetworks = 'allow' | 'deny' | null

/**
 * The networks that webhooks of a mode may reach. Revoked live keys count too: a deployment that once
 * took real money has a network to protect.
 */
export async function findReach(
  db: Db,
  { livemode, privateNetworks }: { livemode: boolean; privateNetworks: PrivateNetworks },
): Promise<Reach> {
  if (livemode || privateNetworks === 'deny') return 'public'
  if (privateNetworks === 'allow') return 'private'
  // Not scoped by merchant: all merchants share the network of the server.
  const { rows } = await sql<{ is_live: boolean }>`
    select exists (select from api_keys where livemode) as is_live`.execute(db)
  return rows[0]?.is_live === false ? 'private' : 'public'
}
