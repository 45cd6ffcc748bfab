import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { CancellationRow } from '../../database/schema.ts'
import type { Retry } from '../../jobs/steps.ts'

/** Other cancellations wait for a step: it takes some twenty milliseconds, unless the disk is very slow. */
const stepMsMax = 5_000
/** A payment that is locked for longer delays its own cancellation only, which tries again later. */
const lockMsMax = 1_000

/** Limits the duration of the statements of a step. */
export async function limitStep(tx: Db): Promise<void> {
  await sql`select set_config('statement_timeout', ${String(stepMsMax)}, true),
    set_config('lock_timeout', ${String(lockMsMax)}, true)`.execute(tx)
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
      queued_at = now(),
      updated_at = greatest(updated_at, ${row.updated_at}::timestamptz),
      completed_at = case when ${row.status}::text = 'completed'
        then greatest(updated_at, ${row.updated_at}::timestamptz) end
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and id = ${row.id} and status in ('pending', 'running') and ${isUnchangedSince(seen)}
    returning id`.execute(tx)
  return rows.length > 0
}

/**
 * Postpones a cancellation whose step has failed, and moves it to the end of the queue. Does nothing if
 * another step has committed since.
 */
export async function postponeCancellation(
  db: Db,
  row: CancellationRow,
  retry: Retry,
): Promise<void> {
  await sql`
    update cancellations
    set failures = ${retry.failures}, retry_at = now() + make_interval(secs => ${retry.pauseSeconds}),
      queued_at = now()
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode} and id = ${row.id}
      and status in ('pending', 'running') and ${isUnchangedSince(row)}`.execute(db)
}

/** Whether no step has committed since `row` was read: every step changes one of these columns. */
function isUnchangedSince(row: CancellationRow) {
  return sql`selected_through = ${row.selected_through} and selected = ${row.selected}
    and processed_through = ${row.processed_through}`
}
