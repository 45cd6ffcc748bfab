import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'

/** A mark that changes whenever the page behind a link changes. */
export interface LinkMark {
  readonly id: string
  readonly mark: string
}

/** Reads the marks of all open pages in one statement. */
export async function readMarks(db: Db, ids: readonly string[]): Promise<readonly LinkMark[]> {
  const { rows } = await sql<LinkMark>`
    select p.id, concat_ws(' ', p.sequence, p.next_action_url, r.id, r.sequence,
      r.next_action_url) as mark
    from payments p left join lateral (
      select id, sequence, next_action_url from payments r
      where r.merchant_id = p.merchant_id and r.livemode = p.livemode
        and r.retry_of = coalesce(p.retry_of, p.id)
      order by r.id desc limit 1) r on true
    where p.id = any(${ids}::text[])
    union all
    select s.id, concat_ws(' ', s.status, s.tries, p.sequence, p.next_action_url) as mark
    from checkout_sessions s left join payments p
      on p.merchant_id = s.merchant_id and p.livemode = s.livemode and p.id = s.payment_id
    where s.id = any(${ids}::text[])`.execute(db)
  return rows
}
