import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'

/**
 * Counts a sign-in of a key and of its account in the current minute of the database's clock, over all
 * processes. Returns both counts, including this sign-in.
 */
export async function countSignIn(
  db: Db,
  { keyId, account }: { keyId: string; account: string },
): Promise<{ ofKey: number; ofAccount: number }> {
  const names = [`sign-ins of ${keyId}`, `sign-ins of ${account}`]
  const { rows } = await sql<{ caller: string; count: number }>`
    insert into rate_counts as c (caller, window_start, count)
    select caller, (floor(extract(epoch from now()) / 60) * 60)::bigint, 1
    from unnest(${names}::text[]) as a (caller)
    order by caller
    on conflict (caller) do update
    set count = case when c.window_start = excluded.window_start then c.count else 0 end + 1,
      window_start = excluded.window_start
    returning caller, count`.execute(db)
  const countOf = (name: string | undefined) =>
    rows.find(({ caller }) => caller === name)?.count ?? Number.POSITIVE_INFINITY
  return { ofKey: countOf(names[0]), ofAccount: countOf(names[1]) }
}
