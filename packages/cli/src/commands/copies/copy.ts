import {
  CopyError,
  type CopyProgress,
  type Database,
  type ExportManifest,
} from '@hedgepayments/server/admin'
import { CliError, type ExitCode, exitCodes } from '../../exit-codes.ts'
import { openDatabase } from '../../open-database.ts'
import { formatCount } from '../../output/format.ts'
import { toJson } from '../../output/json.ts'
import { ProgressBar } from '../../output/progress.ts'
import { print } from '../../output/terminal.ts'
import type { GlobalOptions } from '../../session.ts'

/** The options of `hedge export` and `hedge import`. */
export interface CopyOptions extends GlobalOptions {
  database?: string
}

/** The exit codes of the errors that are no failures of the program. */
const exitCodesOf: Readonly<Record<CopyError['code'], ExitCode>> = {
  folder_not_empty: exitCodes.usage,
  no_export: exitCodes.notFound,
  other_version: exitCodes.refused,
  database_not_empty: exitCodes.refused,
  other_import: exitCodes.refused,
  copy_differs: exitCodes.error,
}

/** A copy between a database and a folder. */
interface Copy {
  readonly object: 'export' | 'import'
  readonly folder: string
  readonly run: (given: {
    database: Database
    folder: string
    progress: CopyProgress
  }) => Promise<ExportManifest>
}

/** Opens the database, copies it and prints what was copied. An import may create the bundled database. */
export async function copyDatabase(options: CopyOptions, copy: Copy): Promise<void> {
  const opened = await openDatabase({
    databaseUrl: options.database,
    dataDir: options.dataDir,
    maySpawn: true,
    mayCreate: copy.object === 'import',
  })
  try {
    await showCopy(options, copy, opened.database)
  } finally {
    await opened.close()
  }
}

/**
 * Copies a database while a progress bar counts the tables, and prints what was copied.
 *
 * @throws {CliError} as the copy does.
 */
async function showCopy(
  { json }: GlobalOptions,
  { object, folder, run }: Copy,
  database: Database,
): Promise<void> {
  const bar = new ProgressBar()
  try {
    const progress: CopyProgress = { onTable: (_table, { done, of }) => bar.draw(done, of) }
    const manifest = await run({ database, folder, progress })
    bar.end()
    const tables = manifest.tables.map(({ name, rows, hash }) => ({ name, rows, hash }))
    const rows = tables.reduce((sum, table) => sum + table.rows, 0)
    if (json) {
      print(toJson({ object, folder, exported_at: manifest.exportedAt, rows, tables }, 2))
      return
    }
    for (const table of tables) {
      if (table.rows > 0) print(`${formatCount(table.rows).padStart(14)}  ${table.name}`)
    }
    const done = object === 'export' ? 'exported to' : 'imported and verified from'
    print(`${formatCount(rows)} rows of ${tables.length} tables ${done} ${folder}.`)
  } catch (error) {
    bar.end()
    if (!(error instanceof CopyError)) throw error
    throw new CliError(exitCodesOf[error.code], error.code, error.message)
  }
}
