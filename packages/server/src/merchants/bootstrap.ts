import type { ApiKeyWithSecret, MerchantId } from '@hedgepayments/contract'
import { sql } from 'kysely'
import { databaseActor } from '../audit/record.ts'
import type { Db } from '../database/db.ts'
import { newId } from '../domain/ids.ts'
import { toTimestamp } from '../domain/time.ts'
import { createKey } from './keys.ts'
import { insertMerchant } from './merchants.sql.ts'
import { newKeyPair } from './secrets.ts'

/** Key of an advisory lock, chosen at random. It keeps two processes from creating a first merchant. */
const bootstrapLock = 4_301_220_777

/**
 * Creates the first merchant and its test key pair in an empty database. Halves of the pair that are
 * not given are generated. Returns the pair, or `null` if the database has a merchant.
 */
export async function bootstrap(
  db: Db,
  given: { publishableKey: string | null; secretKey: string | null },
): Promise<ApiKeyWithSecret | null> {
  return await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${bootstrapLock})`.execute(tx)
    const { rows } = await sql`select 1 from merchants limit 1`.execute(tx)
    if (rows.length > 0) return null
    const now = toTimestamp(Date.now())
    const id = newId<MerchantId>('merchant')
    await insertMerchant(tx, {
      id,
      name: 'My business',
      default_cancel_window: 0,
      fee_basis_points: null,
      fee_fixed_minor: null,
      created_at: now,
      updated_at: now,
    })
    const generated = newKeyPair(false)
    const account = { merchantId: id, livemode: false }
    return await createKey(tx, {
      account,
      now,
      actor: databaseActor('system', account),
      name: 'First key',
      pair: {
        publishableKey: given.publishableKey ?? generated.publishableKey,
        secretKey: given.secretKey ?? generated.secretKey,
      },
    })
  })
}
