import { type Kysely, sql } from 'kysely'
import type { Schema, Timestamp } from '../database/schema.ts'

type Db = Kysely<Schema>

/**
 * Age in seconds of the oldest payment that somebody has to move on, by status: since it is
 * processing, or since its undo window ended. Read from the tasks, of which each such payment has
 * one, so that it costs what is open and not what there ever was.
 */
export async function oldestOpenSeconds(db: Db, now: Timestamp): Promise<Map<string, number>> {
  const { rows } = await sql<{ status: string; seconds: number }>`
    select p.status, greatest(0, extract(epoch from max(
        ${now}::timestamptz + make_interval(secs => coalesce(c.offset_seconds, 0))
        - case p.status when 'initiated' then p.cancelable_until else p.updated_at end
      )))::double precision as seconds
    from payment_tasks t
      join payments p on p.merchant_id = t.merchant_id and p.livemode = t.livemode
        and p.id = t.payment_id
      left join test_clocks c on c.merchant_id = t.merchant_id and not t.livemode
    where t.kind in ('process', 'capture') and p.status in ('initiated', 'processing')
    group by p.status`.execute(db)
  const ages = new Map(rows.map((row) => [row.status, row.seconds]))
  return new Map(['initiated', 'processing'].map((status) => [status, ages.get(status) ?? 0]))
}

/** How many tasks are due by the real time, by kind. */
export async function countDueTasks(db: Db, now: Timestamp): Promise<Map<string, number>> {
  const { rows } = await sql<{ kind: string; count: number }>`
    select kind, count(*)::integer as count from payment_tasks
    where due_at <= ${now}::timestamptz group by kind`.execute(db)
  return new Map(rows.map((row) => [row.kind, row.count]))
}
