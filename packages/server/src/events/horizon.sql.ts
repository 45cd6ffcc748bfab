import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

type Db = Kysely<Schema>

// More than any server writes between two turns of the relay.
const lookAheadMax = 5_000

/**
 * The position up to which no event can appear any more: a reader that has read through it has
 * missed nothing. Positions are given out before the commit, so a lower one may become visible
 * after a higher one; the relay knows how far that is over, and from there on an unbroken run of
 * visible positions is as good.
 */
export async function readHorizon(db: Db): Promise<string> {
  const { rows } = await sql<{ through: string }>`
    select coalesce(max(ahead.position) filter (where ahead.position = relay.position + ahead.n),
      max(relay.position))::text as through
    from event_relay relay left join lateral (
      select position, row_number() over (order by position) as n
      from (
        select position from events where position > relay.position
        order by position limit ${lookAheadMax}
      ) next
    ) ahead on true`.execute(db)
  return rows[0]?.through ?? '0'
}
