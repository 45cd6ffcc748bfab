import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../../packages/server/src/database/db.ts'
import { tryWithin } from '../../../packages/server/src/database/statements/within-time.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'

let own: OwnApp

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached)
})

afterAll(() => own?.close())

/** A statement that only a limit ends. */
const endless = (db: Db) => sql`select pg_sleep(3600)`.execute(db)

const limitOf = async (db: Db) => {
  const { rows } = await sql<{ limit: string }>`
    select current_setting('statement_timeout') as limit`.execute(db)
  return rows[0]?.limit
}

test('ends a statement at its limit, and keeps no limit on the connection', async () => {
  const { readDb } = own.database
  const before = await limitOf(readDb)
  expect(await tryWithin(readDb, 20, endless)).toBeNull()
  expect(await tryWithin(readDb, 3_600_000, limitOf)).toBe('1h')
  expect(await limitOf(readDb)).toBe(before)
})

test('a transaction goes on after it, with its own limit and what it had written', async () => {
  const { db } = own.database
  await db.transaction().execute(async (tx) => {
    await sql`select set_config('statement_timeout', '1234s', true)`.execute(tx)
    await sql`create temporary table written (n integer) on commit drop`.execute(tx)
    await sql`insert into written values (7)`.execute(tx)
    expect(await tryWithin(tx, 20, endless)).toBeNull()
    expect(await limitOf(tx)).toBe('1234s')
    expect(await tryWithin(tx, 3_600_000, limitOf)).toBe('1h')
    expect(await limitOf(tx)).toBe('1234s')
    const { rows } = await sql`select n from written`.execute(tx)
    expect(rows).toEqual([{ n: 7 }])
  })
})

test('passes on every other error', async () => {
  const fails = (db: Db) => sql`select 1 / 0`.execute(db)
  await expect(tryWithin(own.database.readDb, 1_000, fails)).rejects.toThrow('division by zero')
})
