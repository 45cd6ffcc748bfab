import type { ApiKeyWithSecret, Scope } from '@hedgepayments/contract'
import { databaseActor } from '../audit/record.ts'
import type { Db } from '../database/db.ts'
import type { MerchantRow } from '../database/schema.ts'
import { type Timestamp, toTimestamp } from '../domain/time.ts'
import { createKey } from './keys.ts'
import { lockMerchant } from './merchants.sql.ts'

/**
 * Creates a live key pair directly in the database: a merchant's first one can only be created so.
 * Returns the key and its merchant, or `null` if there is no such merchant.
 */
export async function createLiveKey(
  db: Db,
  request: {
    readonly merchantId: string
    readonly name: string | null
    /** Default: all. */
    readonly scopes?: readonly Scope[] | undefined
    /** `null`: never. */
    readonly expiresAt: Timestamp | null
    /** Default: that of a live key. */
    readonly requestsPerMinute?: number | undefined
  },
): Promise<{ readonly key: ApiKeyWithSecret; readonly merchant: MerchantRow } | null> {
  const { merchantId, name, scopes, expiresAt, requestsPerMinute } = request
  const account = { merchantId, livemode: true }
  return await db.transaction().execute(async (tx) => {
    // A concurrent change of fees by a test key commits before this, or is refused afterwards.
    const merchant = await lockMerchant(tx, merchantId)
    if (!merchant) return null
    const key = await createKey(tx, {
      ...{ account, name, expiresAt },
      now: toTimestamp(Date.now()),
      ...(scopes ? { scopes } : {}),
      ...(requestsPerMinute ? { requestsPerMinute } : {}),
      actor: databaseActor('operator', account),
    })
    return { key, merchant }
  })
}
