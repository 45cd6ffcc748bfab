import { type Check, type Database, verifyBooks } from '@hedgepayments/server/admin'
import { exitCodes, usageError } from '../../exit-codes.ts'
import { openDatabase, requireMigrated } from '../../open-database.ts'
import { renderCheck } from '../../output/checks.ts'
import { toJson } from '../../output/json.ts'
import { ProgressBar } from '../../output/progress.ts'
import { print } from '../../output/terminal.ts'
import type { GlobalOptions } from '../../session.ts'

/** The options of `hedge verify`. */
export interface VerifyCommandOptions extends GlobalOptions {
  database?: string
  merchant?: string
}

/** The width of the longest name. */
const nameWidth = 28

/** Opens the database, verifies it and prints the report. The exit code is 1 if a check fails. */
export async function verifyDatabase(options: VerifyCommandOptions): Promise<void> {
  if (options.merchant?.trim() === '') throw usageError('--merchant is empty: give the id.')
  const opened = await openDatabase({
    databaseUrl: options.database,
    dataDir: options.dataDir,
    maySpawn: true,
  })
  try {
    await requireMigrated(opened)
    show(await runChecks(opened.database, options), options)
  } finally {
    await opened.close()
  }
}

async function runChecks(database: Database, options: VerifyCommandOptions): Promise<Check[]> {
  const bar = new ProgressBar()
  try {
    return await verifyBooks({
      database,
      merchantId: options.merchant ?? null,
      onProgress: (done, total) => bar.draw(done, total),
    })
  } finally {
    bar.end()
  }
}

function show(checks: readonly Check[], { json }: VerifyCommandOptions): void {
  const isOk = checks.every(({ status }) => status !== 'fail')
  if (json) print(toJson({ object: 'verification', ok: isOk, checks }, 2))
  else for (const check of checks) print(renderCheck(check, nameWidth))
  if (!isOk) process.exitCode = exitCodes.error
}
