import { type Kysely, sql } from 'kysely'
import type { CancellationRow, Schema } from '../database/schema.ts'
import type { Retry } from '../jobs/steps.ts'

type Db = Kysely<Schema>

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

/**
 * Writes the progress of a cancellation after the step that began with the row `seen`. `false`: the
 * cancellation was paused, or another step has committed since. The transaction must undo this step.
 */
export async function saveProgress(
  tx: Db,
  { seen, row }: { seen: CancellationRow; row: CancellationRow },
): Promise<boolean> {
  const { rows } = await sql`
    update cancellations
    set status = ${row.status}, selected = ${row.selected},
      selected_through = ${row.selected_through}, processed_through = ${row.processed_through},
      total = ${row.total}, processed = ${row.processed}, canceled = ${row.canceled},
      refused = ${row.refused}, not_found = ${row.not_found}, failures = 0, retry_at = null,
      updated_at = greatest(updated_at, ${row.updated_at}::timestamptz),
      completed_at = case when ${row.status}::text = 'completed'
        then greatest(updated_at, ${row.updated_at}::timestamptz) end
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and id = ${row.id} and status in ('pending', 'running') and ${isUnchangedSince(seen)}
    returning id`.execute(tx)
  return rows.length > 0
}

/** Postpones a cancellation whose step has failed, unless another step has committed since. */
export async function postponeCancellation(
  db: Db,
  row: CancellationRow,
  retry: Retry,
): Promise<void> {
  await sql`
    update cancellations
    set failures = ${retry.failures}, retry_at = now() + make_interval(secs => ${retry.pauseSeconds})
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode} and id = ${row.id}
      and status in ('pending', 'running') and ${isUnchangedSince(row)}`.execute(db)
}

/** Whether no step has committed since `row` was read: every step changes one of these columns. */
function isUnchangedSince(row: CancellationRow) {
  return sql`selected_through = ${row.selected_through} and selected = ${row.selected}
    and processed_through = ${row.processed_through}`
}
