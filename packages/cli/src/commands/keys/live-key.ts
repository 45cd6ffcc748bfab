import type { ApiKeyWithSecret, Scope } from '@hedgepayments/node'
import { createLiveKey as createKey, type MerchantRow } from '@hedgepayments/server/admin'
import { CliError, exitCodes, usageError } from '../../exit-codes.ts'
import { openDatabase, requireMigrated } from '../../open-database.ts'

/**
 * Creates a live key pair directly in the database. Only the operator has access to it, and the first
 * live key cannot be created in any other way.
 *
 * @returns the key and the merchant's row at that time.
 * @throws {CliError} if the database or the merchant is not found.
 */
export async function createLiveKey(options: {
  merchant?: string
  database?: string | true
  dataDir: string
  name?: string
  scope?: readonly Scope[]
  expiresAt?: string | undefined
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
    const merchant = chooseMerchant(merchants, options.merchant)
    const { expiresAt = null } = options
    if (expiresAt !== null && Date.parse(expiresAt) <= Date.now()) {
      throw usageError('--expires-at is in the past.')
    }
    const created = await createKey(db, {
      merchantId: merchant.id,
      name: options.name ?? null,
      scopes: options.scope,
      expiresAt,
      requestsPerMinute: options.requestsPerMinute,
    })
    if (!created) throw new Error('the merchant was deleted')
    return created
  } finally {
    await opened.close()
  }
}

interface NamedMerchant {
  readonly id: string
  readonly name: string
}

function chooseMerchant(
  merchants: readonly NamedMerchant[],
  wanted: string | undefined,
): NamedMerchant {
  const [first, ...others] = merchants
  if (!first) {
    const message = 'The database has no merchant yet. Start the server on it once.'
    throw new CliError(exitCodes.error, 'no_merchant', message)
  }
  if (wanted === undefined && others.length === 0) return first
  const found = merchants.find(({ id }) => id === wanted)
  if (found) return found
  if (wanted !== undefined) {
    throw new CliError(exitCodes.notFound, 'not_found', `Merchant ${wanted} not found.`)
  }
  const names = merchants.slice(0, 20).map(({ id, name }) => `${id} (${name})`)
  throw usageError(`The merchant is missing: pass --merchant with one of ${names.join(', ')}.`)
}
