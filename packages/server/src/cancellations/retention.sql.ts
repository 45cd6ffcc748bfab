import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

/** As long as the log of webhooks. The cancellation itself, with its counts, is kept. */
export const itemDaysKept = 30

/** Items of one step: one row of an index and a few words each. */
const droppedPerStep = 5_000

/**
 * Drops the results, payment by payment, of a cancellation that completed long ago, some at a
 * time. Returns whether there may be more.
 */
export async function dropOldItems(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ dropped: number }>`
    with over as materialized (
      select c.id from cancellations c
      where c.status = 'completed' and c.completed_at < now() - make_interval(days => ${itemDaysKept})
        and exists (select from cancellation_items i where i.cancellation_id = c.id)
      limit 1
    ), old as materialized (
      select i.* from over cross join lateral (
        select i.cancellation_id, i.payment_id from cancellation_items i
        where i.cancellation_id = over.id order by i.payment_id limit ${droppedPerStep}
        for update skip locked
      ) i
    ), dropped as (
      delete from cancellation_items i using old
      where i.cancellation_id = old.cancellation_id and i.payment_id = old.payment_id
      returning i.payment_id
    )
    select count(*)::integer as dropped from dropped`.execute(db)
  return (rows[0]?.dropped ?? 0) > 0
}
