import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { CancellationRow } from '../../database/schema.ts'
import { isServedHere } from '../../jobs/lease.sql.ts'

type CancellationKey = Pick<CancellationRow, 'merchant_id' | 'livemode' | 'id'>

/** Cancellations that may end or be paused between their claim and the read. More wait for the next turn. */
const triesMax = 3

const isDue = sql`status in ('pending', 'running') and (retry_at is null or retry_at <= now())`

/**
 * Claims the open cancellation whose turn it is, until the transaction ends: of the merchant and mode whose
 * last step was the longest ago, the one whose last step was. So a small cancellation waits neither for a
 * large one, nor for the hundred of another merchant. Skips cancellations that another process has
 * claimed, and those that are postponed after a failure.
 *
 * The claim is an advisory lock. A lock of the row would make a pause wait for the whole step, which
 * waits for every payment that another transaction has locked.
 */
export async function claimNextCancellation(tx: Db): Promise<CancellationRow | undefined> {
  for (let tries = 0; tries < triesMax; tries++) {
    const key = await claimKey(tx)
    if (!key) return undefined
    // The statement may have read the row before the last step of another process, and claimed it after.
    const { rows } = await sql<CancellationRow>`
      select * from cancellations
      where merchant_id = ${key.merchant_id} and livemode = ${key.livemode} and id = ${key.id}
        and ${isDue}`.execute(tx)
    if (rows[0]) return rows[0]
  }
  return undefined
}

async function claimKey(tx: Db): Promise<CancellationKey | undefined> {
  const { rows } = await sql<CancellationKey>`
    with due as materialized (
      select merchant_id, livemode, id from (
        select *, coalesce(
            max(queued_at) filter (where status = 'running') over account,
            min(queued_at) over account
          ) as served_at
        from cancellations
        where status in ('pending', 'running') and ${isServedHere('cancellations')}
        window account as (partition by merchant_id, livemode)
      ) open
      where ${isDue} order by served_at, queued_at, id
    )
    select * from due
    where pg_try_advisory_xact_lock(hashtextextended('bulk cancellation ' || id, 0)) limit 1`.execute(
    tx,
  )
  return rows[0]
}
