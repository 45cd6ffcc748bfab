import { afterAll, beforeAll, expect, test } from 'vitest'
import { personalData } from '../../../packages/server/src/erasure/personal-data.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { openSql, type Sql } from '../../support/databases/sql.ts'
import { createMigratedDatabase } from '../../support/servers/server.ts'

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

/** Types of amounts, counts and times. They cannot contain text. */
const textless = [
  'int2',
  'int4',
  '_int4',
  'int8',
  'bool',
  'timestamptz',
  'float8',
  'xid8',
  'numeric',
]

test('every column that can contain text is judged: erased, or kept for a reason', async () => {
  const columns = await sql.query<{ name: string }>(
    `select c.table_name || '.' || c.column_name as name
     from information_schema.columns c join information_schema.tables t
       on t.table_schema = c.table_schema and t.table_name = c.table_name
     where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
       and c.table_name <> 'hedge_migrations' and c.udt_name <> all($1)
     order by 1`,
    [textless],
  )
  const judged = Object.entries(personalData).flatMap(([table, listed]) =>
    Object.keys(listed).map((column) => `${table}.${column}`),
  )
  expect(judged.toSorted()).toEqual(columns.map(({ name }) => name).toSorted())
})

test('every column that is kept has its reason', () => {
  for (const [table, listed] of Object.entries(personalData)) {
    for (const [column, { fate, reason }] of Object.entries<{ fate: string; reason?: string }>(
      listed,
    )) {
      expect(reason !== undefined, `${table}.${column}`).toBe(fate === 'kept')
    }
  }
})
