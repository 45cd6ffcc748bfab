import type pg from 'pg'
import {
  countAll,
  createDrawn,
  draw,
  insertAudit,
  insertDeliveries,
  insertDisputes,
  insertEvents,
  insertPayments,
  insertRefunds,
  insertTasks,
  insertTransfers,
  otherShares,
} from './statements.ts'

/** A history that `seedHistory` writes. */
export interface History {
  /** The first merchant, which has most payments. It exists. */
  readonly merchantId: string
  /** All payments, of all merchants. */
  readonly payments: number
  /** The time of the newest payment. */
  readonly end: Date
  /** Receives the progress. */
  readonly log?: (message: string) => void
}

/** Payments of one step. */
const chunkSize = 250_000
/** From this many payments on, building the indexes at the end is faster than filling them. */
const rebuildMin = 100_000
/** Entries of the audit log: a few a day would be realistic, but a list must not read many either. */
const auditMax = 50_000

const guarded = ['payments', 'events', 'refunds', 'disputes', 'ledger_transfers', 'audit_log']
const tables = [...guarded, 'payment_tasks', 'webhook_deliveries', 'event_hours', 'hourly_stats']

/**
 * Writes a history of two years: one merchant with 70 % of the payments and thirteen others, all statuses,
 * their events, transfers, refunds, disputes and tasks, deliveries of the last month, and what the workers
 * count. Needs the owner of the tables, and is faster as a superuser.
 */
export async function seedHistory(client: pg.ClientBase, history: History): Promise<void> {
  const { merchantId, payments, log = () => undefined } = history
  const end = history.end.toISOString()
  await makeMerchants(client, merchantId)
  const restore = payments >= rebuildMin ? await dropSecondaryIndexes(client) : []
  for (const table of guarded) await client.query(`alter table ${table} disable trigger user`)
  await client.query('begin')
  await client.query(createDrawn)
  // Rows of a table that is truncated in the transaction need no log. Only a superuser's session can be
  // without the triggers that refuse it.
  if (restore.length > 0) await client.query('truncate payments, events cascade')
  for (let from = 1; from <= payments; from += chunkSize) {
    const through = Math.min(payments, from + chunkSize - 1)
    await client.query('truncate drawn')
    await client.query(draw, [merchantId, from, through, payments, end])
    await insertDrawn(client, end)
    log(`${through.toLocaleString('en')} payments`)
  }
  await client.query('commit')
  await client.query('drop table drawn')
  const endpointId = `whe_${'history'.padEnd(26, '0')}`
  await client.query(
    `insert into webhook_endpoints (merchant_id, livemode, id, url, events, secret, created_at, updated_at,
       enabled, disabled_reason)
     values ($1, false, $2, 'https://example.com/hook', '{*}', 'sealed', now(), now(), false, 'requested')`,
    [merchantId, endpointId],
  )
  await client.query(insertDeliveries, [merchantId, endpointId, end])
  await client.query(insertAudit, [merchantId, Math.min(auditMax, payments), end])
  for (const statement of countAll) await client.query(statement)
  log('counted')
  for (const statement of restore) await client.query(statement)
  for (const table of guarded) await client.query(`alter table ${table} enable trigger user`)
  for (const table of tables) await client.query(`vacuum (analyze) ${table}`)
  log('indexed')
}

async function makeMerchants(client: pg.ClientBase, merchantId: string): Promise<void> {
  await client.query(
    `insert into merchants (id, name, created_at, updated_at)
     select 'merch_other' || n, 'Other ' || n, now(), now() from generate_series(1, $2::integer) n
     where $1::text is not null`,
    [merchantId, otherShares.length],
  )
}

async function insertDrawn(client: pg.ClientBase, end: string): Promise<void> {
  const withEnd = (text: string) => text.replaceAll('$5', '$1')
  await client.query(withEnd(insertPayments), [end])
  await client.query(insertEvents)
  await client.query(insertTransfers)
  await client.query(insertRefunds)
  await client.query(insertDisputes)
  await client.query(withEnd(insertTasks), [end])
}

/** Drops the indexes that no constraint needs. Returns the statements that create them again. */
async function dropSecondaryIndexes(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
     from pg_index i
     where i.indrelid = any(array['payments', 'events', 'ledger_transfers', 'payment_tasks',
         'webhook_deliveries']::regclass[])
       and not exists (select from pg_constraint c where c.conindid = i.indexrelid)`,
  )
  for (const { name } of rows) await client.query(`drop index ${name}`)
  return rows.map(({ definition }) => definition)
}
