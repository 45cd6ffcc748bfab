import { existsSync } from 'node:fs'
import {
  type Check,
  checkHeads,
  type Database,
  exportHeads,
  HeadsFileError,
  readSettingsOf,
  verifyBooks,
  verifyProcessors,
} from '@hedgepayments/server/admin'
import { readEncryptionKeys } from '../../encryption-keys.ts'
import { CliError, exitCodes, usageError } from '../../exit-codes.ts'
import { openDatabase, requireMigrated } from '../../open-database.ts'
import { type GivenTime, resolveTime } from '../../options/parse.ts'
import { renderCheck } from '../../output/checks.ts'
import { toJson } from '../../output/json.ts'
import { ProgressBar } from '../../output/progress.ts'
import { print } from '../../output/terminal.ts'
import type { GlobalOptions } from '../../session.ts'

/** The options of `hedge verify`. */
export interface VerifyCommandOptions extends GlobalOptions {
  database?: string
  merchant?: string
  processor?: boolean
  since: GivenTime
  exportHead?: string
  head?: string
  publicKey?: string
}

/** The width of the longest name. */
const nameWidth = 28

/** Opens the database, verifies it and prints the report. The exit code is 1 if a check fails. */
export async function verifyDatabase(options: VerifyCommandOptions): Promise<void> {
  requireOptions(options)
  const opened = await openDatabase({
    databaseUrl: options.database,
    dataDir: options.dataDir,
    maySpawn: true,
  })
  try {
    await requireMigrated(opened)
    const { database } = opened
    // First: a wrong file must not show after an hour.
    const head = await onHeadsFile(() => checkHead(database, options))
    const checks = [...(await runChecks(database, options)), ...head]
    const exported = await onHeadsFile(() => exportTo(database, options, checks))
    show([...checks, ...exported], options)
  } finally {
    await opened.close()
  }
}

/** @throws {CliError} for options without a value, or that need another one. */
function requireOptions(options: VerifyCommandOptions): void {
  const { merchant, exportHead, head, publicKey } = options
  const given = { merchant, 'export-head': exportHead, head, 'public-key': publicKey }
  for (const [name, value] of Object.entries(given)) {
    if (value?.trim() === '') throw usageError(`--${name} is empty: give a value.`)
  }
  if (publicKey !== undefined && head === undefined) {
    throw usageError('--public-key needs --head, the file that it has signed.')
  }
  if (exportHead !== undefined && existsSync(exportHead)) {
    const message = `${exportHead} exists, and an exported head is never replaced.`
    throw new CliError(exitCodes.usage, 'file_exists', message)
  }
}

/** Compares the heads of the file of --head. */
async function checkHead(
  { db }: Database,
  { head: path, publicKey }: VerifyCommandOptions,
): Promise<Check[]> {
  if (path === undefined) return []
  return [await checkHeads(db, { path, publicKey: publicKey ?? null })]
}

/** Exports the heads of the chains, if they are as they were sealed. */
async function exportTo(
  { db }: Database,
  { exportHead: path, merchant }: VerifyCommandOptions,
  checks: readonly Check[],
): Promise<Check[]> {
  if (path === undefined) return []
  const isSound = checks.every(
    ({ name, status }) => !['seals', 'head'].includes(name) || status !== 'fail',
  )
  if (!isSound) return [notExported]
  const encryptionKeys = readEncryptionKeys()
  return [await exportHeads(db, { path, merchantId: merchant ?? null, encryptionKeys })]
}

/** Runs a step that reads or writes a file of heads. */
async function onHeadsFile<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof HeadsFileError)) throw error
    throw new CliError(exitCodes.usage, error.code, error.message)
  }
}

const notExported: Check = {
  name: 'exported_head',
  status: 'fail',
  found: 'nothing was written, because the chains are not as they were sealed',
  expected: 'chains that are as they were sealed',
  action: 'find out what has changed the history, and export again',
}

async function runChecks(database: Database, options: VerifyCommandOptions): Promise<Check[]> {
  const bar = new ProgressBar()
  try {
    const scope = { database, merchantId: options.merchant ?? null }
    const checks = await verifyBooks({
      ...scope,
      onProgress: (done, total) => bar.draw(done, total),
    })
    bar.end()
    if (!options.processor) return checks
    const since = resolveTime(options.since)
    const config = readServerSettings()
    const onProgress = (done: number) => bar.draw(done, done)
    return [...checks, ...(await verifyProcessors({ ...scope, since, config, onProgress }))]
  } finally {
    bar.end()
  }
}

/** The settings of the server, from the environment. @throws {CliError} if one is wrong. */
function readServerSettings() {
  const config = readSettingsOf(process.env)
  if (config instanceof Error) throw usageError(config.message)
  return config
}

function show(checks: readonly Check[], { json }: VerifyCommandOptions): void {
  const isOk = checks.every(({ status }) => status !== 'fail')
  if (json) print(toJson({ object: 'verification', ok: isOk, checks }, 2))
  else for (const check of checks) print(renderCheck(check, nameWidth))
  if (!isOk) process.exitCode = exitCodes.error
}
