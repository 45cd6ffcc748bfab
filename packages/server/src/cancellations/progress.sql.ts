import { type Kysely, sql } from 'kysely'
import type { CancellationRow, Schema } from '../database/schema.ts'
import type { Retry } from '../jobs/steps.ts'

type Db = Kysely<Schema>

/**
 * Locks the open cancellation whose last step was the longest ago, until the transaction ends. Skips
 * cancellations that another process has locked, and those that are postponed after a failure.
 */
export async function lockNextCancellation(tx: Db): Promise<CancellationRow | undefined> {
  const { rows } = await sql<CancellationRow>`
    select * from cancellations
    where status in ('pending', 'running') and (retry_at is null or retry_at <= now())
    order by updated_at, id limit 1
    for update skip locked`.execute(tx)
  return rows[0]
}

/**
 * Writes the progress of a cancellation after the step that began with the row `seen`.
 *
 * @throws if another step has committed since: the transaction must undo this step.
 */
export async function saveProgress(
  tx: Db,
  { seen, row }: { seen: CancellationRow; row: CancellationRow },
): Promise<void> {
  const { rows } = await sql`
    update cancellations
    set status = ${row.status}, selected = ${row.selected},
      selected_through = ${row.selected_through}, processed_through = ${row.processed_through},
      total = ${row.total}, processed = ${row.processed}, canceled = ${row.canceled},
      refused = ${row.refused}, not_found = ${row.not_found}, failures = 0, retry_at = null,
      updated_at = ${row.updated_at}::timestamptz,
      completed_at = ${row.completed_at}::timestamptz
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and id = ${row.id} and status in ('pending', 'running') and ${isUnchangedSince(seen)}
    returning id`.execute(tx)
  if (rows.length === 0) throw new Error('another step of this cancellation has committed since')
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
