import { type KeyId, type MerchantId, scopes } from '@hedgepayments/contract'
import { connect, type Database } from '../../packages/server/src/database/connect.ts'
import { migrate } from '../../packages/server/src/database/migrate/migrate.ts'
import { feeScheduleDefault } from '../../packages/server/src/domain/fees.ts'
import type { Reply } from '../../packages/server/src/http/answers/answer.ts'
import type { Auth } from '../../packages/server/src/http/request/auth.ts'
import type { Loop } from '../../packages/server/src/jobs/loop.ts'
import { bootstrap } from '../../packages/server/src/merchants/bootstrap.ts'
import { Canceler, type CancelRequest } from '../../packages/server/src/payments/cancel/cancel.ts'
import { startPaymentWorkers } from '../../packages/server/src/payments/run/workers.ts'
import type { Processors } from '../../packages/server/src/processors/interface/processor.ts'
import { createProcessors } from '../../packages/server/src/processors/processors.ts'
import { openSql, type Sql, withoutGuards } from '../support/databases/sql.ts'
import { preparedSettings, prepareStatements } from './prepare.ts'

/** Cancels one payment: the server's way, or one that is known to be wrong. */
export type Cancel = (request: CancelRequest) => Promise<Reply>

/** Makes the cancel of one side. */
export type CancelOf = (database: Database) => Cancel

/** What a process of the server holds, without HTTP: pools and a batcher of its own. */
export interface Side {
  readonly database: Database
  readonly cancel: Cancel
  readonly processors: Processors
}

/** Two sides on one database, and a way past them. */
export interface Arena {
  readonly sides: readonly [Side, Side]
  readonly sql: Sql
  readonly auth: Auth
  /** What background work and idle connections have complained of so far. */
  readonly complaints: unknown[]
  readonly close: () => Promise<void>
}

/** Work waits for a nudge, which is a part of the race; this is only for what nobody nudges. */
const idleMs = 1_000

const byCanceler: CancelOf = (database) => {
  const canceler = new Canceler(database)
  return (request) => canceler.cancel(request)
}

/** Opens an empty database to races: migrated, with one merchant. */
export async function openArena(url: string, cancelOf: CancelOf = byCanceler): Promise<Arena> {
  const complaints: unknown[] = []
  const onError = (error: unknown) => complaints.push(error)
  const sql = openSql(url)
  await keepPlans(sql)
  const open = () => {
    const database = connect({ url, onError })
    prepareStatements(database.pool)
    return database
  }
  const first = open()
  await migrate(first)
  await allowCopies(sql)
  await bootstrap(first.db, { publishableKey: null, secretKey: null })
  const sides = [first, open()].map((database): Side => {
    const { db } = database
    const stripe = { secretKey: null, webhookSecret: null, apiBase: null }
    const publicUrl = () => 'http://127.0.0.1'
    const processors = createProcessors({ db, publicUrl, keyring: null, stripe })
    return { database, cancel: cancelOf(database), processors }
  })
  return {
    sides: sides as [Side, Side],
    sql,
    auth: await firstAuth(sql),
    complaints,
    async close() {
      await Promise.all(sides.map(({ database }) => database.close()))
      await sql.close()
    },
  }
}

/** Races begin with copies of payments that have moved; the database lets none begin so. */
async function allowCopies(sql: Sql): Promise<void> {
  await sql.query('alter table payments disable trigger payments_first_status')
}

/** For all connections that are opened from now on. */
async function keepPlans(sql: Sql): Promise<void> {
  const [{ name }] = await sql.query('select quote_ident(current_database()) as name')
  for (const [setting, value] of Object.entries(preparedSettings)) {
    await sql.query(`alter database ${name} set ${setting} = '${value}'`)
  }
}

/** Starts the workers of each side. */
export function startWorkers({ sides, complaints }: Arena): Loop[] {
  return sides.map(({ database, processors }) =>
    startPaymentWorkers({
      db: database.db,
      processors,
      fees: feeScheduleDefault,
      idleMs,
      onError: (error) => complaints.push(error),
    }),
  )
}

async function firstAuth(sql: Sql): Promise<Auth> {
  const [key] = await sql.query('select id, merchant_id from api_keys')
  return {
    keyId: key.id as KeyId,
    merchantId: key.merchant_id as MerchantId,
    livemode: false,
    scopes: new Set(scopes),
    budgets: [],
    clockOffsetSeconds: 0,
  }
}

/** Deletes every payment with everything about it, here and at the sandbox. */
export async function clear(sql: Sql): Promise<void> {
  await withoutGuards(
    sql,
    `truncate payments, events, payment_tasks, payment_attempts, idempotency_records, refunds,
       ledger_transfers, cancellations, cancellation_items, sandbox_payments, sandbox_refunds,
       sandbox_answers, sandbox_movements, sandbox_faults, sandbox_planned_failures
       cascade`,
  )
  await allowCopies(sql)
}
