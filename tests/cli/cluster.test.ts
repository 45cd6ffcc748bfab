import { afterEach, beforeEach, expect, test } from 'vitest'
import { placements } from '../../packages/server/src/database/cluster/tables.ts'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { openSql, type Sql } from '../support/databases/sql.ts'
import { createMigratedDatabase } from '../support/servers/server.ts'
import { hedge } from './hedge.ts'

// What holds for every database, so that it can be distributed. tests/cluster has the tests of a cluster.

let database: TestDatabase
let sql: Sql

beforeEach(async () => {
  database = await createMigratedDatabase()
  sql = openSql(database.url)
})

afterEach(async () => {
  await sql.close()
  await database.drop()
})

test('cluster init refuses a database without the extension, and says what to do', async () => {
  const { code, stderr } = await hedge(['cluster', 'init', '--database', database.url])
  expect(code).toBe(1)
  expect(stderr).toContain(
    'The database has no extension citus. Run create extension citus on the coordinator and on each worker.',
  )
})

test('every table has its place in a cluster', async () => {
  const rows = await sql.query<{ name: string }>(
    `select relname as name from pg_class
     where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'hedge_migrations'`,
  )
  const names = rows.map(({ name }) => name)
  expect(names.filter((name) => placements[name] === undefined)).toEqual([])
  expect(Object.keys(placements).filter((name) => !names.includes(name))).toEqual([])
})

test('each unique index and each foreign key of a distributed table contains the merchant', async () => {
  const distributed = Object.keys(placements).filter((name) => placements[name] === 'distributed')
  const without = await sql.query(
    `select i.indexrelid::regclass::text as name from pg_index i
     where i.indisunique and i.indrelid::regclass::text = any($1) and not exists (
       select from pg_attribute a where a.attrelid = i.indrelid and a.attname = 'merchant_id'
         and a.attnum = any(i.indkey))
     union all
     select k.conname from pg_constraint k
     where k.contype = 'f' and k.conrelid::regclass::text = any($1) and not exists (
       select from pg_attribute a where a.attrelid = k.conrelid and a.attname = 'merchant_id'
         and a.attnum = any(k.conkey))`,
    [distributed],
  )
  // `hedge cluster init` replaces this index by one that is not unique.
  expect(without).toEqual([{ name: 'events_position' }])
})
