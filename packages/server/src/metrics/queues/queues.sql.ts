import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import { isServedHere } from '../../jobs/lease.sql.ts'

/** Most rows that are counted: beyond it, the exact length of a queue does not matter. */
const countedMax = 50_000

/** The length of a queue, and the age of its oldest entry. */
export interface QueueState {
  readonly count: number
  readonly oldestSeconds: number
}

/** Pending webhook deliveries: those that are due, and how many are scheduled for later. */
export async function measureDeliveries(db: Db): Promise<{ due: QueueState; scheduled: number }> {
  const { rows } = await sql<{ due: number; scheduled: number; seconds: number }>`
    select count(*) filter (where due_at <= now())::integer as due,
      count(*) filter (where due_at > now())::integer as scheduled,
      greatest(0, extract(epoch from now() - min(due_at)))::double precision as seconds
    from (
      select due_at from webhook_deliveries
      where status = 'pending' and ${isServedHere('webhook_deliveries')} limit ${countedMax}
    ) waiting`.execute(db)
  const { due = 0, scheduled = 0, seconds } = rows[0] ?? {}
  return { due: { count: due, oldestSeconds: seconds ?? 0 }, scheduled }
}

/** Events without deliveries yet. Reads the index of positions. */
export async function measureRelay(db: Db): Promise<QueueState> {
  return await measureEvents(db, 'event_relay')
}

/** Events without a seal yet. Reads the index of positions. */
export async function measureSeals(db: Db): Promise<QueueState> {
  return await measureEvents(db, 'seal_progress')
}

/** The events behind the position of a worker. */
async function measureEvents(
  db: Db,
  progress: 'event_relay' | 'seal_progress',
): Promise<QueueState> {
  const { rows } = await sql<{ count: number; seconds: number }>`
    select count(*)::integer as count,
      coalesce(greatest(0, extract(epoch from now() - min(created_at))), 0)::double precision
        as seconds
    from (
      select created_at from events where position > (select position from ${sql.table(progress)})
      order by position limit ${countedMax}
    ) ahead`.execute(db)
  const { count = 0, seconds = 0 } = rows[0] ?? {}
  return { count, oldestSeconds: seconds }
}

/** Bulk cancellations that are not finished. Reads the index of unfinished ones. */
export async function measureCancellations(db: Db): Promise<QueueState> {
  const { rows } = await sql<{ count: number; seconds: number }>`
    select count(*)::integer as count,
      coalesce(greatest(0, extract(epoch from now() - min(created_at))), 0)::double precision
        as seconds
    from cancellations
    where status in ('pending', 'running') and ${isServedHere('cancellations')}`.execute(db)
  const { count = 0, seconds = 0 } = rows[0] ?? {}
  return { count, oldestSeconds: seconds }
}

/**
 * How far the regular searches at the processors are behind, by what they search for. Accounts whose
 * credentials were removed are left out: nothing can be searched there.
 */
export async function measureSearches(db: Db): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ subject: string; seconds: number }>`
    select subject, greatest(0, extract(epoch from now() - min(since)))::double precision as seconds
    from processor_sweeps s
    where ${isServedHere('s')} and exists (
      select from processor_credentials c
      where c.merchant_id = s.merchant_id and c.livemode = s.livemode and c.processor = s.processor)
    group by subject`.execute(db)
  return new Map(rows.map(({ subject, seconds }) => [subject, seconds]))
}

/** How long the oldest due task has been due, in seconds. Reads the first row of an index. */
export async function oldestDueTaskSeconds(db: Db): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    select greatest(0, extract(epoch from now() - min(due_at)))::double precision as seconds
    from payment_tasks where ${isServedHere('payment_tasks')}`.execute(db)
  return rows[0]?.seconds ?? 0
}
