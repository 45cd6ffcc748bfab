import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { Counted } from './rate-limit.ts'

/**
 * Adds counts of a window and returns the sums of all processes by caller. A row per caller, whose
 * window moves on with the clock; a process whose clock is behind does not move it back, and is
 * told nothing. Rows are written in one order, so that processes do not wait for each other.
 */
export async function addCounts(
  db: Kysely<Schema>,
  windowStartMs: number,
  added: readonly Counted[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ caller: string; count: number }>`
    insert into rate_counts as c (caller, window_start, count)
    select caller, ${windowStartMs / 1000}::bigint, count
    from unnest(${added.map(({ caller }) => caller)}::text[],
      ${added.map(({ count }) => count)}::integer[]) as a (caller, count)
    order by caller
    on conflict (caller) do update
    set count = case when c.window_start = excluded.window_start then c.count else 0 end
        + excluded.count,
      window_start = excluded.window_start
    where c.window_start <= excluded.window_start
    returning caller, count`.execute(db)
  return new Map(rows.map(({ caller, count }) => [caller, count]))
}

/** Rows of one step. */
const droppedPerStep = 1_000

/** Drops counts of windows that are over, some at a time. Returns whether there may be more. */
export async function dropOldCounts(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql`
    delete from rate_counts where caller in (
      select caller from rate_counts where window_start < extract(epoch from now()) - 3600
      limit ${droppedPerStep} for update skip locked)
    returning caller`.execute(db)
  return rows.length === droppedPerStep
}
