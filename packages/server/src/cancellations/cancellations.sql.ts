import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { CancellationRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { Timestamp } from '../domain/time.ts'
import type { FencedPage } from '../http/request/pagination.ts'
import { allRows, type ScannedPage, scanPage, whole } from '../lists/scan.sql.ts'

/** Reads a cancellation. `undefined`: the account has none with this id. */
export async function findCancellation(
  db: Db,
  { account, id }: { account: Account; id: string },
): Promise<CancellationRow | undefined> {
  return await db
    .selectFrom('cancellations')
    .selectAll()
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Reads a page of cancellations, newest first. */
export async function listCancellations(
  db: Db,
  { account, page }: { account: Account; page: FencedPage },
): Promise<ScannedPage<CancellationRow>> {
  const source = allRows('cancellations', account)
  return await scanPage<CancellationRow>(db, { source, page, read: whole([]) })
}

/**
 * Pauses or resumes a cancellation whose status is one of `from`. `false`: it is not. Waits for the
 * commit of a step, and not for its work: a step that a pause overtakes is undone.
 */
export async function setStatus(
  db: Db,
  change: {
    account: Account
    id: string
    from: readonly CancellationRow['status'][]
    to: 'paused' | 'running'
    now: Timestamp
  },
): Promise<boolean> {
  const { rows } = await sql`
    update cancellations
    set status = ${change.to}, updated_at = greatest(updated_at, ${change.now}::timestamptz),
      failures = 0, retry_at = null, queued_at = now()
    where merchant_id = ${change.account.merchantId} and livemode = ${change.account.livemode}
      and id = ${change.id} and status = any(${change.from}::text[])
    returning 1`.execute(db)
  return rows.length > 0
}
