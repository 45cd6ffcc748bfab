import type { ApiKeyWithSecret, Scope } from '@hedgepayments/node'
import { databaseDoer } from '@hedgepayments/server/audit/note'
import type { MerchantRow } from '@hedgepayments/server/database/schema'
import { createKey } from '@hedgepayments/server/merchants/keys'
import { lockMerchant } from '@hedgepayments/server/merchants/merchants.sql'
import { toTimestamp } from '@hedgepayments/server/time'
import { CliError, exitCodes, usageError } from '../exit-codes.ts'
import { openDatabase, requireMigrated } from '../open-database.ts'

/**
 * Makes a live key pair directly in the database: whoever has that is the operator, and there is no
 * other way to the first one. Returns the merchant too, as it was when the key was made.
 */
export async function createLiveKey(options: {
  merchant?: string
  database?: string | true
  dataDir: string
  name?: string
  scope?: readonly Scope[]
  expiresAt?: string
  requestsPerMinute?: number
}): Promise<{ key: ApiKeyWithSecret; merchant: MerchantRow }> {
  const opened = await openDatabase({
    databaseUrl: typeof options.database === 'string' ? options.database : undefined,
    dataDir: options.dataDir,
    maySpawn: true,
  })
  try {
    await requireMigrated(opened)
    const { db } = opened.database
    const merchants = await db.selectFrom('merchants').select(['id', 'name']).execute()
    const merchant = choose(merchants, options.merchant)
    const now = toTimestamp(Date.now())
    if (options.expiresAt !== undefined && options.expiresAt <= now) {
      throw usageError('--expires-at is in the past.')
    }
    const account = { merchantId: merchant.id, livemode: true }
    const wanted = {
      account,
      now,
      name: options.name ?? null,
      ...(options.scope ? { scopes: options.scope } : {}),
      expiresAt: options.expiresAt ?? null,
      ...(options.requestsPerMinute ? { requestsPerMinute: options.requestsPerMinute } : {}),
      doer: databaseDoer('operator', account),
    }
    return await db.transaction().execute(async (tx) => {
      // A test key that changes fees at this very moment comes before, or is refused.
      const locked = await lockMerchant(tx, merchant.id)
      if (!locked) throw new Error('a merchant vanished')
      return { key: await createKey(tx, wanted), merchant: locked }
    })
  } finally {
    await opened.close()
  }
}

interface NamedMerchant {
  readonly id: string
  readonly name: string
}

function choose(merchants: readonly NamedMerchant[], wanted: string | undefined): NamedMerchant {
  const [first, ...others] = merchants
  if (!first) {
    const message = 'The database has no merchant yet: start the server on it once.'
    throw new CliError(exitCodes.error, 'no_merchant', message)
  }
  if (wanted === undefined && others.length === 0) return first
  const found = merchants.find(({ id }) => id === wanted)
  if (found) return found
  if (wanted !== undefined) {
    throw new CliError(exitCodes.notFound, 'not_found', `There is no merchant ${wanted}.`)
  }
  const names = merchants.slice(0, 20).map(({ id, name }) => `${id} (${name})`)
  throw usageError(`Whose key? Give --merchant, one of: ${names.join(', ')}.`)
}
