import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

type Db = Kysely<Schema>

/** Rows that are counted at most: above it a queue is long, and how long matters no more. */
const countedMax = 50_000

/** How many are in a queue, and for how long the oldest has been, in seconds. */
export interface QueueState {
  readonly count: number
  readonly oldestSeconds: number
}

/** Deliveries of events whose time has come, and those that wait for their next attempt. */
export async function measureDeliveries(db: Db): Promise<{ due: QueueState; later: QueueState }> {
  const { rows } = await sql<{ due: number; later: number; seconds: number }>`
    select count(*) filter (where due_at <= now())::integer as due,
      count(*) filter (where due_at > now())::integer as later,
      greatest(0, extract(epoch from now() - min(due_at)))::double precision as seconds
    from (
      select due_at from webhook_deliveries where status = 'pending' limit ${countedMax}
    ) waiting`.execute(db)
  const { due = 0, later = 0, seconds } = rows[0] ?? {}
  return {
    due: { count: due, oldestSeconds: seconds ?? 0 },
    later: { count: later, oldestSeconds: 0 },
  }
}

/** Events that have not been turned into deliveries yet: by the index of their positions. */
export async function measureRelay(db: Db): Promise<QueueState> {
  const { rows } = await sql<{ count: number; seconds: number }>`
    select count(*)::integer as count,
      coalesce(greatest(0, extract(epoch from now() - min(created_at))), 0)::double precision
        as seconds
    from (
      select created_at from events where position > (select position from event_relay)
      order by position limit ${countedMax}
    ) ahead`.execute(db)
  const { count = 0, seconds = 0 } = rows[0] ?? {}
  return { count, oldestSeconds: seconds }
}

/** Bulk cancellations that are not done: by the index of those. */
export async function measureCancellations(db: Db): Promise<QueueState> {
  const { rows } = await sql<{ count: number; seconds: number }>`
    select count(*)::integer as count,
      coalesce(greatest(0, extract(epoch from now() - min(created_at))), 0)::double precision
        as seconds
    from cancellations where status in ('pending', 'running')`.execute(db)
  const { count = 0, seconds = 0 } = rows[0] ?? {}
  return { count, oldestSeconds: seconds }
}

/** For how long the task that was due first has been, in seconds: the first row of an index. */
export async function oldestDueTaskSeconds(db: Db): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    select greatest(0, extract(epoch from now() - min(due_at)))::double precision as seconds
    from payment_tasks`.execute(db)
  return rows[0]?.seconds ?? 0
}
