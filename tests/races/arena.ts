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
import { BatchedSubmissions } from '../../packages/server/src/payments/submit/batches/batched-submissions.ts'
import type { Processors } from '../../packages/server/src/processors/interface/processor.ts'
import { createProcessors } from '../../packages/server/src/processors/processors.ts'
import { changeTriggers, isOnCluster } from '../support/databases/nodes.ts'
import { openSql, type Sql, withoutGuards } from '../support/databases/sql.ts'
import { preparedSettings, prepareStatements } from './prepare.ts'

/** Cancels one payment: with the server's code, or with a deliberately wrong statement. */
export type Cancel = (request: CancelRequest) => Promise<Reply>

/** Builds the cancel function of one side. */
export type CreateCancel = (database: Database) => Cancel

/** One server process without HTTP: it has its own pools and its own batcher. */
export interface Side {
  readonly database: Database
  readonly cancel: Cancel
  readonly processors: Processors
  readonly batches: BatchedSubmissions
}

/** Two sides on one database. */
export interface Arena {
  readonly sides: readonly [Side, Side]
  /** A connection that belongs to neither side, for set-up and checks. */
  readonly sql: Sql
  readonly auth: Auth
  /** Errors of background work and of idle connections so far. */
  readonly errors: unknown[]
  readonly close: () => Promise<void>
}

/** Interval of the workers' own ticks. Races nudge the workers, so it is only a fallback. */
const idleMs = 1_000

const byCanceler: CreateCancel = (database) => {
  const canceler = new Canceler(database)
  return (request) => canceler.cancel(request)
}

/** Migrates an empty database, creates one merchant, and opens two sides on it. */
export async function openArena(
  url: string,
  createCancel: CreateCancel = byCanceler,
): Promise<Arena> {
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const sql = openSql(url)
  await setPlannerSettings(sql)
  const open = () => {
    const database = connect({ url, onError })
    prepareStatements(database.pool)
    return database
  }
  const first = open()
  await migrate(first)
  await allowCopies(sql)
  await bootstrap(first.db, { publishableKey: null, secretKey: null })
  const second = open()
  // A canceler asks whether the database is a cluster, which its first connection tells.
  await second.checkSessions()
  const sides = [first, second].map((database): Side => {
    const { db } = database
    const stripe = { secretKey: null, publishableKey: null, webhookSecret: null, apiBase: null }
    const publicUrl = () => 'http://127.0.0.1'
    const processors = createProcessors({ db, publicUrl, keyring: null, stripe })
    const batches = new BatchedSubmissions(database)
    return { database, cancel: createCancel(database), processors, batches }
  })
  return {
    sides: sides as [Side, Side],
    sql,
    auth: await firstAuth(sql),
    errors,
    async close() {
      await Promise.all(sides.map(({ database }) => database.close()))
      await sql.close()
    },
  }
}

/** Lets copies of templates be inserted with any status: by rule, a payment begins as `pending`. */
async function allowCopies(sql: Sql): Promise<void> {
  await changeTriggers(sql, 'alter table payments disable trigger payments_first_status')
}

/** Applies `preparedSettings` to the database. Only connections opened afterwards use them. */
async function setPlannerSettings(sql: Sql): Promise<void> {
  const [{ name }] = await sql.query('select quote_ident(current_database()) as name')
  // A cluster plans a statement by its values.
  const isCluster = await isOnCluster(sql)
  for (const [setting, value] of Object.entries(preparedSettings)) {
    if (isCluster && setting === 'plan_cache_mode') continue
    await sql.query(`alter database ${name} set ${setting} = '${value}'`)
  }
}

/** Starts the payment workers of each side. */
export function startWorkers({ sides, errors }: Arena): Loop[] {
  return sides.map(({ database, processors }) =>
    startPaymentWorkers({
      db: database.db,
      processors,
      fees: feeScheduleDefault,
      idleMs,
      onError: (error) => errors.push(error),
      onAttention: () => undefined,
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

/** Deletes all payments and their records, in Hedge's tables and in the sandbox's. */
export async function clear(sql: Sql): Promise<void> {
  await withoutGuards(
    sql,
    `truncate payments, events, payment_tasks, payment_attempts, idempotency_records, refunds,
       ledger_transfers, ledger_balances, event_hours, cancellations, cancellation_items, sandbox_payments, sandbox_refunds,
       sandbox_answers, sandbox_movements, sandbox_faults, sandbox_planned_failures
       cascade`,
  )
  await allowCopies(sql)
}
