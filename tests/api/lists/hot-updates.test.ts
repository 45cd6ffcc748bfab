import { afterAll, beforeAll, expect, test } from 'vitest'
import { stateOfNewPayment } from '../../../packages/server/src/events/state.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { openSql, type Sql } from '../../support/databases/sql.ts'
import { createMigratedDatabase } from '../../support/servers/server.ts'

/** Written once, with the authorization, and never by a cancel: support finds payments by it. */
const writtenOnce = 'payment_method_details'

/** Columns of payments that steps change, beside those of the state of an event. */
const changedBesides = [
  'sequence',
  'updated_at',
  'processor',
  'processor_reference',
  'amount_to_capture',
]

let database: TestDatabase
let sql: Sql

beforeAll(async () => {
  database = await createMigratedDatabase()
  sql = openSql(database.url)
})

afterAll(async () => {
  await sql?.close()
  await database?.drop()
})

test('no index contains a column that a transition changes, so that a cancel writes no index entry', async () => {
  // The columns that an index depends on include those of its expressions and conditions.
  const rows = await sql.query<{ index: string; column: string }>(
    `select distinct i.indexrelid::regclass::text as index, a.attname as column
     from pg_index i
       join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
         and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid and d.refobjsubid > 0
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = d.refobjsubid
     where i.indrelid = 'payments'::regclass
     union
     select i.indexrelid::regclass::text, a.attname
     from pg_index i cross join lateral unnest(i.indkey::smallint[]) as k (attnum)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
     where i.indrelid = 'payments'::regclass`,
  )
  expect(rows.filter(({ column }) => column === writtenOnce)).toHaveLength(1)
  const changed = [...Object.keys(stateOfNewPayment), ...changedBesides]
  expect(rows.filter(({ column }) => changed.includes(column) && column !== writtenOnce)).toEqual(
    [],
  )
})
