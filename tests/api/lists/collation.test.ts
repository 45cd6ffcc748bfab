import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { openSql, type Sql } from '../../support/databases/sql.ts'
import { createMigratedDatabase } from '../../support/servers/server.ts'

/**
 * Columns of text for people, by name or ending of the name. The locale of the database may decide
 * how they sort. Programs compare every other text.
 */
const textForPeople =
  /(?:^|_)(?:name|description|statement_descriptor|message|reason|error|body|url)$/

/** Columns that programs compare although a name above matches. */
const comparedAnyway = [
  'daily_reasons.reason',
  'hedge_migrations.name',
  'webhook_endpoints.disabled_reason',
]

let database: TestDatabase
let sql: Sql

beforeAll(async () => {
  database = await createMigratedDatabase()
  sql = openSql(database.url)
})

afterAll(async () => {
  await sql.close()
  await database.drop()
})

test('every id, key, code and status sorts by its bytes, whatever the locale of the database', async () => {
  const columns = await sql.query<{ name: string; collation: string | null }>(
    `select c.table_name || '.' || c.column_name as name, c.collation_name as collation
     from information_schema.columns c join information_schema.tables t
       using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
       and (c.udt_name in ('text', 'varchar', 'bpchar', '_text', '_varchar'))
     order by 1`,
  )
  const compared = columns.filter(
    ({ name }) => !textForPeople.test(name.replace(/^\w+\./, '')) || comparedAnyway.includes(name),
  )
  expect(compared.length).toBeGreaterThan(100)
  expect(compared.filter(({ collation }) => collation !== 'C')).toEqual([])
})

test('every text column of an index for sorting is sorted by its bytes', async () => {
  const keys = await sql.query<{ name: string }>(
    `select i.indexrelid::regclass || ' ' || k.n as name
     from pg_index i join pg_class c on c.oid = i.indexrelid
       join pg_am m on m.oid = c.relam and m.amname = 'btree'
       cross join lateral unnest(i.indcollation::oid[]) with ordinality as k (collation_id, n)
       join pg_collation o on o.oid = k.collation_id
     where c.relnamespace = 'public'::regnamespace and o.collname <> 'C'`,
  )
  expect(keys).toEqual([])
})
