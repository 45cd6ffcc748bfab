import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { Counted } from './rate-limit.ts'

/**
 * Adds counts of a window, and returns the totals of all processes by caller. Each caller has one row
 * with its latest window. A process whose clock is behind changes nothing, and gets no total. Rows
 * are locked in the order of their callers, so that processes do not deadlock.
 */
export async function addCounts(
  db: Db,
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

/** Rows deleted in one step. */
const deletedPerStep = 1_000

/** Deletes counts of windows that ended over an hour ago. Returns whether there may be more. */
export async function dropOldCounts(db: Db): Promise<boolean> {
  const { rows } = await sql`
    delete from rate_counts where caller in (
      select caller from rate_counts where window_start < extract(epoch from now()) - 3600
      limit ${deletedPerStep} for update skip locked)
    returning caller`.execute(db)
  return rows.length === deletedPerStep
}
