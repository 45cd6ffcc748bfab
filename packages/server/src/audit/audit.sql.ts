import type { AuditEntryListQuery } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import type { AuditRow } from '../database/access-rows.ts'
import { createdWithin } from '../database/created-within.ts'
import type { Db } from '../database/db.ts'
import { type Account, accountOf, groupByAccount } from '../domain/account.ts'
import type { FencedPage } from '../http/request/pagination.ts'
import { isServedHere } from '../jobs/lease.sql.ts'
import { idInStatement, timeInId } from '../lists/ids.sql.ts'
import {
  allRows,
  createdRange,
  rangeOf,
  type ScannedPage,
  scannedMax,
  scanPage,
  whole,
} from '../lists/scan.sql.ts'

/** An entry to insert. */
export type NewEntry = Omit<AuditRow, 'id' | 'created_at' | 'details'> & { details: string }

/** Inserts an entry. Its id and its creation time have the same time, of the database. */
export async function insertEntry(tx: Db, row: NewEntry): Promise<void> {
  await entryInsert(row).execute(tx)
}

/** The statement of `insertEntry`, for a connection without Kysely. */
export function entryInsert(row: NewEntry): RawBuilder<unknown> {
  const account = accountOf(row)
  return sql`
    insert into audit_log (merchant_id, livemode, id, action, actor_type, actor_id, target_type,
      target_id, details, request_id, address, created_at)
    select ${row.merchant_id}, ${row.livemode}::boolean, id, ${row.action}, ${row.actor_type},
      ${row.actor_id}, ${row.target_type}, ${row.target_id}, ${row.details}::jsonb,
      ${row.request_id}, ${row.address}, ${timeInId(sql`id`)}
    from (select ${idInStatement('auditEntry', account)} as id) made`
}

/** A page of the entries of a merchant and mode, newest first. */
export async function listEntries(
  db: Db,
  request: {
    account: Account
    filter: Pick<AuditEntryListQuery, 'action' | 'actor_id' | 'target_id' | 'created_at'>
    page: FencedPage
  },
): Promise<ScannedPage<AuditRow>> {
  const { account, filter, page } = request
  const conditions = createdWithin('created_at', filter.created_at)
  if (filter.action) conditions.push(sql`action = any(${filter.action}::text[])`)
  if (filter.actor_id !== undefined) conditions.push(sql`actor_id = ${filter.actor_id}`)
  if (filter.target_id !== undefined) conditions.push(sql`target_id = ${filter.target_id}`)
  const source = allRows('audit_log', account)
  const range = createdRange('auditEntry', rangeOf(page, scannedMax), filter.created_at)
  return await scanPage<AuditRow>(db, { source, page, range, read: whole(conditions) })
}

/** The table's trigger enforces the same time. Source: PCI DSS 10.5.1 (a year), plus a month. */
export const daysKept = 400
/** Rows deleted in one step. */
const deletedPerStep = 1_000

/** Deletes entries older than `daysKept`. Returns whether there may be more. */
export async function dropOldEntries(db: Db): Promise<boolean> {
  // Found without a lock and deleted account by account, so that they may be on several nodes.
  const { rows } = await sql<Pick<AuditRow, 'merchant_id' | 'livemode' | 'id'>>`
    select merchant_id, livemode, id from audit_log
    where created_at < now() - make_interval(hours => 24 * ${daysKept}::integer)
      and ${isServedHere('audit_log')}
    order by created_at limit ${deletedPerStep}`.execute(db)
  for (const [{ merchantId, livemode }, entries] of groupByAccount(rows)) {
    await sql`
      delete from audit_log where merchant_id = ${merchantId} and livemode = ${livemode}
        and id = any(${entries.map(({ id }) => id)}::text[])`.execute(db)
  }
  return rows.length === deletedPerStep
}
