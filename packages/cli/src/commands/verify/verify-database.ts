import {
  type Check,
  checkHeads,
  type Database,
  exportHeads,
  HeadKeyError,
  type HeadSigner,
  HeadsFileError,
  openHeadSigner,
  readSettingsOf,
  requireNewFile,
  verifyBooks,
  verifyProcessors,
} from '@hedgepayments/server/admin'
import { readEncryptionKeys } from '../../encryption-keys.ts'
import { CliError, exitCodes, usageError } from '../../exit-codes.ts'
import { requireMerchant, withDatabase } from '../../open-database.ts'
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
  const settings = options.processor ? readServerSettings() : null
  await withDatabase(options, async (database) => {
    if (options.merchant !== undefined) await requireMerchant(database, options.merchant)
    // First: a wrong file, key or setting must not show after an hour.
    const head = await onHeads(() => checkHead(database, options))
    const target = await onHeads(() => openExport(database, options))
    await report(options, async function* () {
      const checks: Check[] = [...head]
      for await (const check of runChecks(database, { ...options, settings })) {
        checks.push(check)
        yield check
      }
      yield* head
      if (target) yield await onHeads(() => exportTo(database, { ...target, checks }))
    })
  })
}

/** Prints the checks that were made, also if an error ends them. */
async function report(
  options: VerifyCommandOptions,
  makeChecks: () => AsyncGenerator<Check>,
): Promise<void> {
  const checks: Check[] = []
  let isComplete = false
  try {
    for await (const check of makeChecks()) checks.push(check)
    isComplete = true
  } finally {
    if (isComplete || checks.length > 0) show(checks, { json: options.json, isComplete })
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
}

/** Compares the heads of the file of --head. */
async function checkHead(
  { db }: Database,
  { head: path, publicKey }: VerifyCommandOptions,
): Promise<Check[]> {
  if (path === undefined) return []
  return [await checkHeads(db, { path, publicKey: publicKey ?? null })]
}

/** Where --export-head writes the heads of the chains, and how. */
interface ExportTarget {
  readonly path: string
  readonly merchantId: string | null
  readonly signer: HeadSigner
}

/** Checks the folder of --export-head and opens the key that signs; `null`: nothing is exported. */
async function openExport(
  { db }: Database,
  { exportHead: path, merchant }: VerifyCommandOptions,
): Promise<ExportTarget | null> {
  if (path === undefined) return null
  await requireNewFile(path)
  const signer = await openHeadSigner(db, readEncryptionKeys())
  return { path, merchantId: merchant ?? null, signer }
}

/** Exports the heads of the chains, if they are as they were sealed. */
async function exportTo(
  { db }: Database,
  { checks, ...target }: ExportTarget & { checks: readonly Check[] },
): Promise<Check> {
  const isSound = checks.every(
    ({ name, status }) => !['seals', 'head'].includes(name) || status !== 'fail',
  )
  return isSound ? await exportHeads(db, target) : notExported
}

/** Runs a step that reads or writes a file of heads, or opens their key. */
async function onHeads<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof HeadKeyError) {
      throw usageError(error.message, "Run it with the server's HEDGE_ENCRYPTION_KEY.")
    }
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

/** Verifies the books, then compares them with the processors if their settings are given. */
async function* runChecks(
  database: Database,
  options: VerifyCommandOptions & { settings: ServerSettings | null },
): AsyncGenerator<Check> {
  const bar = new ProgressBar()
  try {
    const scope = { database, merchantId: options.merchant ?? null }
    yield* verifyBooks({ ...scope, onProgress: (done, total) => bar.draw(done, total) })
    bar.end()
    const { settings: config } = options
    if (config === null) return
    const since = resolveTime(options.since)
    const onProgress = (done: number) => bar.draw(done, done)
    yield* await verifyProcessors({ ...scope, since, config, onProgress })
  } finally {
    bar.end()
  }
}

type ServerSettings = Exclude<ReturnType<typeof readSettingsOf>, Error>

/** The settings of the server, from the environment. @throws {CliError} if one is wrong. */
function readServerSettings(): ServerSettings {
  const config = readSettingsOf(process.env)
  if (config instanceof Error) throw usageError(config.message)
  return config
}

function show(
  checks: readonly Check[],
  { json, isComplete }: { json: boolean | undefined; isComplete: boolean },
): void {
  const isOk = isComplete && checks.every(({ status }) => status !== 'fail')
  if (json) print(toJson({ object: 'verification', ok: isOk, checks }, 2))
  else for (const check of checks) print(renderCheck(check, nameWidth))
  if (!isOk) process.exitCode = exitCodes.error
}
