import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import type { ClientBase } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Database } from '../database/connect.ts'
import { migrate } from '../database/migrate/migrate.ts'
import { CopyError } from './copy-error.ts'
import type { CopyProgress } from './export.ts'
import { fileOf, type Manifest, readManifest, type TableCopy } from './manifest.ts'
import {
  findMigrations,
  findTables,
  fixFormats,
  listOf,
  measureTable,
  progressTable,
  setSequences,
} from './tables.sql.ts'

/** Lets one process at a time import into a database. Any number serves. */
const importLock = 4_190_228_370_114_502_113n
/** PostgreSQL notices within milliseconds that a client has gone, unless a long statement runs. */
const lockWaitMsMax = 15_000
const lockPollMs = 200

/**
 * Imports an export into a database without data, and creates the tables there. Each table is one
 * transaction, and counts only if its rows have the exported number and hash. After a failure, another
 * call continues with the next table. Until the last one, no server starts on the database.
 *
 * @throws {CopyError} if the folder has no export, the database has data, or what was read differs.
 */
export async function importDatabase(given: {
  database: Database
  folder: string
  progress: CopyProgress
}): Promise<Manifest> {
  const { database, folder, progress } = given
  const { manifest, fingerprint } = await readManifest(folder)
  await migrate(database)
  return await database.withLongClient(async (client) => {
    await lock(client)
    const tables = await tablesToImport(client, manifest)
    await begin(client, fingerprint)
    const done = await findDone(client)
    for (const [at, table] of tables.entries()) {
      if (!done.has(table.name)) await importTable(client, { table, folder, fingerprint })
      progress.onTable(table, { done: at + 1, of: tables.length })
    }
    await finish(client, manifest)
    return { ...manifest, tables }
  })
}

/** Whether an import into the database is not finished. */
export async function isImportUnfinished({ pool }: Pick<Database, 'pool'>): Promise<boolean> {
  const { rows } = await pool.query<{ exists: boolean }>(
    'select to_regclass($1) is not null as exists',
    [progressTable],
  )
  return rows[0]?.exists === true
}

/** Waits for a while: the session of an import that was stopped ends soon after it. */
async function lock(client: ClientBase): Promise<void> {
  for (const deadline = Date.now() + lockWaitMsMax; ; await sleep(lockPollMs)) {
    const { rows } = await client.query<{ taken: boolean }>(
      `select pg_try_advisory_lock(${importLock}) as taken`,
    )
    if (rows[0]?.taken) return
    if (Date.now() > deadline) break
  }
  const message =
    'Another process imports into the database. If it was ended just now, its statement may go on for a while: ' +
    'try again in a minute.'
  throw new CopyError('other_import', message)
}

/**
 * The tables of the export that this version has. Where the migrations are the same, the others belong to
 * another program that has used the same schema.
 */
async function tablesToImport(client: ClientBase, manifest: Manifest): Promise<TableCopy[]> {
  const applied = await findMigrations(client)
  if (applied.join() !== manifest.migrations.join()) {
    throw otherVersion(`it has the migrations ${manifest.migrations.join(', ') || 'of none'}`)
  }
  const here = new Map((await findTables(client)).map(({ name, columns }) => [name, columns]))
  const tables = manifest.tables.filter(({ name }) => here.has(name))
  for (const { name, columns } of tables) {
    if (here.get(name)?.join() !== columns.join()) {
      throw otherVersion(`its table ${name} has other columns`)
    }
    here.delete(name)
  }
  if (here.size > 0)
    throw otherVersion(`it does not have the tables ${[...here.keys()].join(', ')}`)
  return tables
}

function otherVersion(difference: string): CopyError {
  const message =
    `The export is of another version: ${difference}. Import it with the version that made it, into a ` +
    'database of its own, and upgrade afterwards.'
  return new CopyError('other_version', message)
}

/** Begins an import into a database without data, or continues the one that was begun. */
async function begin(client: ClientBase, fingerprint: string): Promise<void> {
  const { rows: found } = await client.query<{ exists: boolean }>(
    'select to_regclass($1) is not null as exists',
    [progressTable],
  )
  if (!found[0]?.exists) {
    const { rows } = await client.query('select from merchants limit 1')
    if (rows.length > 0) {
      const message = 'The database has data already. Import into a database without data.'
      throw new CopyError('database_not_empty', message)
    }
    await client.query(
      `create table ${progressTable} (fingerprint text not null, table_name text primary key)`,
    )
  }
  const { rows } = await client.query<{ fingerprint: string }>(
    `select fingerprint from ${progressTable} limit 1`,
  )
  const begun = rows[0]?.fingerprint
  if (begun === undefined || begun === fingerprint) return
  const message =
    'An import of another export into the database was begun. Finish it, or import into a new database.'
  throw new CopyError('other_import', message)
}

async function findDone(client: ClientBase): Promise<Set<string>> {
  const { rows } = await client.query<{ table_name: string }>(
    `select table_name from ${progressTable}`,
  )
  return new Set(rows.map(({ table_name: name }) => name))
}

/** Loads a table in one transaction, and compares it with the export. */
async function importTable(
  client: ClientBase,
  { table, folder, fingerprint }: { table: TableCopy; folder: string; fingerprint: string },
): Promise<void> {
  await client.query('begin')
  await fixFormats(client)
  // Triggers write further rows, and forbid to delete those that a migration has made.
  await client.query(`alter table "${table.name}" disable trigger user`)
  await client.query(`delete from "${table.name}"`)
  const rows = client.query(copyFrom(`copy "${table.name}" (${listOf(table)}) from stdin`))
  const file = createReadStream(join(folder, fileOf(table)))
  await pipeline(file, createGunzip(), rows).catch((cause: unknown) => {
    throw damaged(table, cause) ?? cause
  })
  const loaded = await measureTable(client, table)
  if (loaded.rows !== table.rows || loaded.hash !== table.hash) {
    const message =
      `The rows of ${fileOf(table)} are not those that were exported: ${loaded.rows} rows were ` +
      `read, and ${table.rows} were exported. The file is damaged.`
    throw new CopyError('copy_differs', message)
  }
  await client.query(`alter table "${table.name}" enable trigger user`)
  await client.query(`insert into ${progressTable} values ($1, $2)`, [fingerprint, table.name])
  await client.query('commit')
}

/** The error of a file that is missing, that is cut off, or whose rows the table refuses; `null`: of another cause. */
function damaged(table: TableCopy, cause: unknown): CopyError | null {
  const { code, message } = cause as { code?: string; message?: string }
  // Errors of files, of gzip, and SQLSTATE: wrong data, or data that breaks a constraint.
  if (code === undefined || !/^(ENOENT|EACCES|EISDIR|Z_|2[23])/.test(code)) return null
  return new CopyError('copy_differs', `${fileOf(table)} cannot be read: ${message}.`)
}

/** Sets what depends on the old server, and lets servers start on the database. */
async function finish(client: ClientBase, { sequences }: Manifest): Promise<void> {
  // First, because no other call comes back to it after the commit.
  await client.query('analyze')
  await client.query('begin')
  await setSequences(client, sequences)
  // The fence is a transaction of the old server (`webhooks/relay/relay-events.sql.ts`).
  await client.query('update event_relay set fence_position = null, fence_transaction = null')
  await client.query(`drop table ${progressTable}`)
  await client.query('commit')
}
