import type { AuditEntryListQuery } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { AuditRow } from '../database/access-rows.ts'
import { createdWithin } from '../database/created-within.ts'
import type { Db } from '../database/db.ts'
import { type Account, accountOf } from '../domain/account.ts'
import { type FencedPage, pageOf } from '../http/request/pagination.ts'
import { idInStatement } from '../lists/ids.sql.ts'

/** Inserts an entry. Its id has the database's time. */
export async function insertEntry(
  tx: Db,
  row: Omit<AuditRow, 'id' | 'created_at' | 'details'> & { details: string },
): Promise<void> {
  const account = accountOf(row)
  await sql`
    insert into audit_log (merchant_id, livemode, id, action, actor_type, actor_id, target_type,
      target_id, details, request_id, address)
    values (${row.merchant_id}, ${row.livemode}, ${idInStatement('auditEntry', account)},
      ${row.action}, ${row.actor_type}, ${row.actor_id}, ${row.target_type}, ${row.target_id},
      ${row.details}::jsonb,
      ${row.request_id}, ${row.address})`.execute(tx)
}

/** A page of the entries of a merchant and mode, newest first. */
export async function listEntries(
  db: Db,
  request: {
    account: Account
    filter: Pick<AuditEntryListQuery, 'action' | 'actor_id' | 'target_id' | 'created_at'>
    page: FencedPage
  },
): Promise<{ rows: AuditRow[]; hasMore: boolean }> {
  const { account, filter, page } = request
  let query = db
    .selectFrom('audit_log')
    .selectAll()
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
  if (filter.action) query = query.where('action', 'in', filter.action)
  if (filter.actor_id !== undefined) query = query.where('actor_id', '=', filter.actor_id)
  if (filter.target_id !== undefined) query = query.where('target_id', '=', filter.target_id)
  for (const condition of createdWithin('created_at', filter.created_at)) {
    query = query.where(condition)
  }
  return await pageOf(query, 'id', page)
}

/** The table's trigger enforces the same time. Source: PCI DSS 10.5.1 (a year), plus a month. */
export const daysKept = 400
/** Rows deleted in one step. */
const deletedPerStep = 1_000

/** Deletes entries older than `daysKept`. Returns whether there may be more. */
export async function dropOldEntries(db: Db): Promise<boolean> {
  const { rows } = await sql`
    delete from audit_log where (merchant_id, livemode, id) in (
      select merchant_id, livemode, id from audit_log
      where created_at < now() - make_interval(hours => 24 * ${daysKept}::integer)
      order by created_at limit ${deletedPerStep} for update skip locked)
    returning id`.execute(db)
  return rows.length === deletedPerStep
}
