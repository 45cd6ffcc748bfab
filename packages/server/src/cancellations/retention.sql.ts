import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { CancellationRow } from '../database/schema.ts'
import { isServedHere } from '../jobs/lease.sql.ts'

/** Days that results are kept, as long as webhook deliveries. The cancellation and its counts stay. */
export const itemDaysKept = 30

/** Items that one step deletes: each is a short row and one entry of an index. */
const deletedPerStep = 5_000

/**
 * Deletes some items of a cancellation that completed long ago. Returns whether more may be left.
 */
export async function deleteOldItems(db: Db): Promise<boolean> {
  const over = await findOver(db)
  if (!over) return false
  const { rows } = await sql`
    delete from cancellation_items
    where merchant_id = ${over.merchant_id} and livemode = ${over.livemode}
      and cancellation_id = ${over.id} and payment_id = any(array(
        select payment_id from cancellation_items
        where merchant_id = ${over.merchant_id} and livemode = ${over.livemode}
          and cancellation_id = ${over.id}
        order by payment_id limit ${deletedPerStep} for update skip locked))
    returning payment_id`.execute(db)
  return rows.length > 0
}

/** A cancellation that completed long ago and still has items. A statement apart, because it has no merchant. */
async function findOver(
  db: Db,
): Promise<Pick<CancellationRow, 'merchant_id' | 'livemode' | 'id'> | undefined> {
  const { rows } = await sql<Pick<CancellationRow, 'merchant_id' | 'livemode' | 'id'>>`
    select c.merchant_id, c.livemode, c.id from cancellations c
    where c.status = 'completed' and ${isServedHere('c')}
      and c.completed_at < now() - make_interval(hours => 24 * ${itemDaysKept}::integer)
      and exists (
        select from cancellation_items i
        where i.merchant_id = c.merchant_id and i.livemode = c.livemode
          and i.cancellation_id = c.id)
    limit 1`.execute(db)
  return rows[0]
}
