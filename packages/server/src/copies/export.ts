import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { ClientBase } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { Database } from '../database/connect.ts'
import { migrations } from '../database/migrate/migrations.ts'
import { CopyError } from './copy-error.ts'
import { fileEnding, fileOf, type Manifest, manifestName, type TableCopy } from './manifest.ts'
import {
  findMigrations,
  findSequences,
  findTables,
  fixFormats,
  listOf,
  measureTable,
  type Table,
} from './tables.sql.ts'

/** What happens while a database is copied. */
export interface CopyProgress {
  /** A table is complete. */
  readonly onTable: (
    table: TableCopy,
    state: { readonly done: number; readonly of: number },
  ) => void
}

/**
 * Exports a whole database into a new folder, as it is at one time, while servers use it. The files
 * contain personal data and sealed secrets, so only their owner can read them.
 *
 * @throws {CopyError} if the folder has files, or the database is of another version.
 */
export async function exportDatabase(given: {
  database: Database
  folder: string
  progress: CopyProgress
}): Promise<Manifest> {
  const { database, folder, progress } = given
  await makeEmptyFolder(folder)
  return await database.withLongClient(async (client) => {
    await client.query('begin isolation level repeatable read read only')
    await fixFormats(client)
    const applied = await requireVersion(client)
    const found = await findTables(client)
    const tables: TableCopy[] = []
    for (const table of found) {
      const copy = await exportTable(client, { table, folder })
      tables.push(copy)
      progress.onTable(copy, { done: tables.length, of: found.length })
    }
    const manifest: Manifest = {
      format: 1,
      exportedAt: new Date().toISOString(),
      migrations: applied,
      tables,
      sequences: await findSequences(client),
    }
    await client.query('commit')
    await writeManifest(folder, manifest)
    return manifest
  })
}

async function makeEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const names = await readdir(folder)
  if (names.length === 0) return
  const isStopped = !names.includes(manifestName) && names.some((name) => name.endsWith(fileEnding))
  const message = isStopped
    ? `${folder} contains an export that was stopped. It cannot be continued, because an export is of ` +
      'one time: delete the folder, and export again.'
    : `${folder} is not empty. An export needs a new folder.`
  throw new CopyError('folder_not_empty', message)
}

async function requireVersion(client: ClientBase): Promise<string[]> {
  const applied = await findMigrations(client)
  const own = Object.keys(migrations).sort()
  if (applied.join() === own.join()) return applied
  const has = applied.length === 0 ? 'no tables of Hedge' : 'the tables of another version'
  const message = `The database has ${has}. Export it with the version of the server that uses it.`
  throw new CopyError('other_version', message)
}

async function exportTable(
  client: ClientBase,
  { table, folder }: { table: Table; folder: string },
): Promise<TableCopy> {
  const measured = await measureTable(client, table)
  const rows = client.query(copyTo(`copy "${table.name}" (${listOf(table)}) to stdout`))
  // A power cut after the export must not take what was written.
  const file = createWriteStream(join(folder, fileOf(table)), {
    ...{ flags: 'wx', mode: 0o600, flush: true },
  })
  await pipeline(rows, createGzip({ level: 1 }), file)
  return { ...table, ...measured }
}

async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, manifestName)
  const file = await open(`${path}.part`, 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.part`, path)
}
