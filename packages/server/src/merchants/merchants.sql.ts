import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { MerchantRow } from '../database/schema.ts'
import { type Account, accountKey } from '../domain/account.ts'
import type { Timestamp } from '../domain/time.ts'

/** Inserts a merchant. */
export async function insertMerchant(db: Db, row: MerchantRow): Promise<void> {
  await db.insertInto('merchants').values(row).execute()
}

/** Finds a merchant by id. */
export async function findMerchant(db: Db, id: string): Promise<MerchantRow | undefined> {
  return await db.selectFrom('merchants').selectAll().where('id', '=', id).executeTakeFirst()
}

/**
 * The default undo window of a merchant's payments, in seconds. An acknowledged change must apply in every
 * process at once, or money would be captured too soon. So it is read here each time; creates of payments
 * cache it, and their statement compares it (`payments/create/merchant-defaults.ts`).
 */
export async function findCancelWindow(db: Db, id: string): Promise<number> {
  const { default_cancel_window: seconds } = await db
    .selectFrom('merchants')
    .select('default_cancel_window')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return seconds
}

/** Whether a merchant has or had a live key. */
export async function hasLiveKey(db: Db, id: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from api_keys where merchant_id = ${id} and livemode limit 1`.execute(db)
  return rows.length > 0
}

/**
 * Reads a merchant and locks its row until the transaction ends: no other transaction can change the
 * merchant or create its first live key.
 */
export async function lockMerchant(tx: Db, id: string): Promise<MerchantRow | undefined> {
  const { rows } = await sql<MerchantRow>`
    select * from merchants where id = ${id} for no key update`.execute(tx)
  return rows[0]
}

/**
 * Serializes the transactions that may exceed a limit of a merchant and mode together. An advisory lock,
 * because a cluster that locks a row of `merchants` locks all merchants.
 *
 * @param limit.of what is limited. Each has a lock of its own.
 */
export async function lockLimit(
  tx: Db,
  limit: { account: Account; of: 'keys' | 'open bulk cancellations' | 'webhook endpoints' },
): Promise<void> {
  const name = `limit of ${limit.of} ${accountKey(limit.account)}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
}

/** Changes the fields that are given. A fee of `null` resets it to the server's default. */
export async function updateMerchant(
  db: Db,
  change: {
    id: string
    name: string | null
    defaultCancelWindow: number | null
    feeBasisPoints: number | null | undefined
    feeFixedMinor: number | null | undefined
    now: Timestamp
  },
): Promise<MerchantRow | undefined> {
  const { rows } = await sql<MerchantRow>`
    update merchants
    set name = coalesce(${change.name}, name),
      default_cancel_window = coalesce(${change.defaultCancelWindow}::integer,
        default_cancel_window),
      fee_basis_points = case when ${change.feeBasisPoints !== undefined}
        then ${change.feeBasisPoints ?? null}::integer else fee_basis_points end,
      fee_fixed_minor = case when ${change.feeFixedMinor !== undefined}
        then ${change.feeFixedMinor ?? null}::integer else fee_fixed_minor end,
      updated_at = greatest(updated_at, ${change.now}::timestamptz)
    where id = ${change.id}
    returning *`.execute(db)
  return rows[0]
}
