import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { CancellationRow } from '../../database/schema.ts'

const isDue = sql`status in ('pending', 'running') and (retry_at is null or retry_at <= now())`

/**
 * Claims the open cancellation whose last step was the longest ago, until the transaction ends. Skips
 * cancellations that another process has claimed, and those that are postponed after a failure.
 *
 * The claim is an advisory lock. A lock of the row would make a pause wait for the whole step, which
 * waits for every payment that another transaction has locked.
 */
export async function claimNextCancellation(tx: Db): Promise<CancellationRow | undefined> {
  const claimed = await sql<Pick<CancellationRow, 'merchant_id' | 'livemode' | 'id'>>`
    with due as materialized (
      select merchant_id, livemode, id from cancellations where ${isDue} order by updated_at, id
    )
    select * from due
    where pg_try_advisory_xact_lock(hashtextextended('bulk cancellation ' || id, 0)) limit 1`.execute(
    tx,
  )
  const [key] = claimed.rows
  if (!key) return undefined
  // The statement may have read the row before the last step of another process, and claimed it after.
  const { rows } = await sql<CancellationRow>`
    select * from cancellations
    where merchant_id = ${key.merchant_id} and livemode = ${key.livemode} and id = ${key.id}
      and ${isDue}`.execute(tx)
  return rows[0] ?? (await claimNextCancellation(tx))
}
