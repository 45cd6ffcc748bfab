import { idPrefixes } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import { claimedTime } from '../../lists/ids.sql.ts'

/**
 * Events of one step. A step takes some ten milliseconds, more where many endpoints subscribe. Larger
 * steps occupy the CPU for so long that single cancels become visibly slower.
 */
export const stepMax = 500

/**
 * Common table expressions that insert a delivery for each row of `wanted`: an event and an endpoint.
 * Ids are in the order of the events: the time, claimed once per account, a number within the
 * statement, and random characters. The creation time is the time in the id, so a list of a time is a
 * range of ids.
 */
export const insertDeliveries: RawBuilder<unknown> = insertTimed(
  claimedTime('delivery', { merchantId: sql`merchant_id`, livemode: sql`livemode` }),
)

/** `insertDeliveries` with the time that the ids begin with. */
export function insertTimed(timeText: RawBuilder<string>): RawBuilder<unknown> {
  return sql`timed as materialized (
      select merchant_id, livemode, ${timeText} as time_text
      from (select distinct merchant_id, livemode from wanted) accounts
    ), inserted as (
      insert into webhook_deliveries (merchant_id, livemode, id, endpoint_id, position, subject_id,
        sequence, event_type, status, due_at, created_at)
      select merchant_id, livemode, ${idPrefixes.delivery} || t.time_text
          || lpad(to_hex(row_number() over (order by w.position, w.endpoint_id)), 6, '0')
          || right(gen_random_uuid()::text, 12) || left(gen_random_uuid()::text, 8),
        w.endpoint_id, w.position, w.subject_id, w.sequence, w.type, 'pending', now(),
        hedge_text_time(t.time_text)
      from wanted w join timed t using (merchant_id, livemode)
    )`
}
