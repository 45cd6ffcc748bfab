import { CopyError, type CopyProgress, type ExportManifest } from '@hedgepayments/server/admin'
import { CliError, type ExitCode, exitCodes } from '../../exit-codes.ts'
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

/**
 * Copies a database while a progress bar counts the tables, and prints what was copied.
 *
 * @throws {CliError} as the copy does.
 */
export async function showCopy(
  { json }: GlobalOptions,
  { object, folder }: { object: 'export' | 'import'; folder: string },
  copy: (progress: CopyProgress) => Promise<ExportManifest>,
): Promise<void> {
  const bar = new ProgressBar()
  try {
    const manifest = await copy({ onTable: (_table, { done, of }) => bar.draw(done, of) })
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
