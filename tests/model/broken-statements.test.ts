import { cancelableStatuses } from '@hedgepayments/contract'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { findState, type PaymentOperation } from '../../packages/cli/src/verify/payment-history.ts'
import {
  type Answered,
  answerTo,
  created,
  type PaymentState,
  type Request,
} from '../../packages/cli/src/verify/payment-model.ts'
import { createDatabase, type TestDatabase } from '../support/databases/postgres.ts'
import { openSql, type Sql } from '../support/databases/sql.ts'
import { until } from '../support/until.ts'

// Cancels by different statements, raced on a real PostgreSQL. Two of the statements have a common
// mistake. The check must detect it in the answers to clients.

let database: TestDatabase
let sql: Sql

beforeAll(async () => {
  database = await createDatabase(inject('postgresAdminUrl'))
  sql = openSql(database.url)
  await sql.query('create table tiny (id integer primary key, status text not null)')
})

afterAll(async () => {
  await sql?.close()
  await database?.drop()
})

const cancelable = cancelableStatuses.map((status) => `'${status}'`).join(', ')

/** The result of a cancel: whether it won, and the status that it read. */
interface Cancel {
  readonly text: string
}

const selectBeside: Cancel = {
  text: `with was as (select status from tiny where id = $1),
    moved as (update tiny set status = 'canceled'
      where id = $1 and status in (${cancelable}) returning id)
    select exists (select from moved) as won, status as seen from was`,
}

const lockFirst: Cancel = {
  text: `with was as materialized (select id, status from tiny where id = $1 for no key update),
    moved as (update tiny t set status = 'canceled' from was
      where t.id = was.id and was.status in (${cancelable}) returning t.id)
    select exists (select from moved) as won, status as seen from was`,
}

let clock = 0

async function recorded(input: Request, run: () => Promise<Answered>): Promise<PaymentOperation> {
  const calledAt = clock++
  const output = await run()
  return { input, output, calledAt, returnedAt: clock++ }
}

async function cancel({ text }: Cancel, id: number): Promise<PaymentOperation> {
  return await recorded({ kind: 'cancel' }, async () => {
    const [row] = await sql.query(text, [id])
    return cancelAnswer(row.won ? 'pending' : row.seen)
  })
}

/** The answer to a client whose cancel read this status. */
function cancelAnswer(status: PaymentState['status']): Answered {
  const isWin = status === 'pending' || status === 'initiated'
  return isWin
    ? answerTo(created(1), { kind: 'cancel' }).answered
    : answerTo({ ...created(1), status }, { kind: 'cancel' }).answered
}

/** Races a cancel against a worker that has updated the row and not committed yet. */
async function meetWorker(statement: Cancel, id: number): Promise<PaymentOperation[]> {
  await sql.query(`insert into tiny values ($1, 'initiated')`, [id])
  const worker = await sql.connect()
  try {
    await worker.query('begin')
    await worker.query(`update tiny set status = 'processing' where id = $1`, [id])
    const canceling = recorded({ kind: 'cancel' }, async () => {
      const [row] = await sql.query(statement.text, [id])
      const refused = answerTo({ ...created(1), status: 'processing' }, { kind: 'cancel' }).answered
      return row.won ? cancelAnswer('pending') : { ...refused, status: row.seen }
    })
    await until('the cancel waits for the worker', async () => {
      const rows = await sql.query(
        `select from pg_stat_activity where datname = current_database()
           and wait_event_type = 'Lock'`,
      )
      return rows.length > 0
    })
    await worker.query('commit')
    return [await canceling]
  } finally {
    worker.release()
  }
}

const initiated: PaymentState = { ...created(1), status: 'initiated', fate: 'succeeds' }

test('the check detects a cancel that reads an old status: its refusal reports a cancelable status', async () => {
  const history = await meetWorker(selectBeside, 1)
  expect(history[0]?.output).toMatchObject({ httpStatus: 412, status: 'initiated' })
  expect(findState(history, initiated)).toBeNull()
})

test('the check accepts a cancel that locks first in the same race', async () => {
  const history = await meetWorker(lockFirst, 2)
  expect(history[0]?.output).toMatchObject({ httpStatus: 412, status: 'processing' })
  expect(findState(history, initiated)?.status).toBe('processing')
})

test('the check detects two cancels that read before they write', async () => {
  await sql.query(`insert into tiny values (3, 'pending')`)
  let reads = 0
  const readThenWrite = () =>
    recorded({ kind: 'cancel' }, async () => {
      const [row] = await sql.query('select status from tiny where id = 3')
      reads++
      await until('both have read', () => reads === 2)
      if (row.status === 'pending') await sql.query(`update tiny set status = 'canceled'`)
      return cancelAnswer(row.status)
    })
  const history = await Promise.all([readThenWrite(), readThenWrite()])
  expect(history.map(({ output }) => output?.httpStatus)).toEqual([200, 200])
  expect(findState(history, created(1))).toBeNull()
})

test('the check accepts two cancels that lock first: one wins, the other reports canceled', async () => {
  await sql.query(`insert into tiny values (4, 'pending')`)
  const history = await Promise.all([cancel(lockFirst, 4), cancel(lockFirst, 4)])
  expect(history.map(({ output }) => output?.httpStatus).sort()).toEqual([200, 412])
  expect(findState(history, created(1))?.status).toBe('canceled')
})

test('the check detects a capture of a canceled payment', () => {
  const answered = (kind: Request['kind'], status: PaymentState['status'], at: number) => ({
    input: { kind } as Request,
    output: answerTo({ ...created(1), status }, { kind: 'retrieve' }).answered,
    calledAt: at,
    returnedAt: at + 1,
  })
  const history = [answered('cancel', 'canceled', 0), answered('retrieve', 'succeeded', 2)]
  expect(findState(history, initiated)).toBeNull()
})
