import { sql } from 'kysely'
import type { Db } from '../database/db.ts'

/** Days that results are kept, as long as webhook deliveries. The cancellation and its counts stay. */
export const itemDaysKept = 30

/** Items that one step deletes: each is a short row and one entry of an index. */
const deletedPerStep = 5_000

/**
 * Deletes some items of a cancellation that completed long ago. Returns whether more may be left.
 */
export async function deleteOldItems(db: Db): Promise<boolean> {
  const { rows } = await sql<{ deleted: number }>`
    with over as materialized (
      select c.id from cancellations c
      where c.status = 'completed' and c.completed_at < now() - make_interval(hours => 24 * ${itemDaysKept}::integer)
        and exists (select from cancellation_items i where i.cancellation_id = c.id)
      limit 1
    ), old as materialized (
      select i.* from over cross join lateral (
        select i.cancellation_id, i.payment_id from cancellation_items i
        where i.cancellation_id = over.id order by i.payment_id limit ${deletedPerStep}
        for update skip locked
      ) i
    ), deleted as (
      delete from cancellation_items i using old
      where i.cancellation_id = old.cancellation_id and i.payment_id = old.payment_id
      returning i.payment_id
    )
    select count(*)::integer as deleted from deleted`.execute(db)
  return (rows[0]?.deleted ?? 0) > 0
}
