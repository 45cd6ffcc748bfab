import { BundledPostgresError } from '@hedgepayments/bundled-postgres'
import type { Logger } from 'pino'
import { describe } from '../../database/errors.ts'
import { AddressError } from '../../database/hosts/address.ts'
import { DatabaseUnreachableError } from '../../database/hosts/unreachable.ts'
import { type Credentials, renderBanner, renderKeys } from '../banner.ts'
import { type Config, parseConfig } from '../config.ts'
import { ConfigError } from '../environment/read.ts'
import { findUnknownVariables } from '../environment/unknown.ts'
import { createLog } from '../log.ts'
import type { RunningServer } from '../server.ts'
import { type BundledDatabase, startServer } from './start-server.ts'

/** Errors that are printed without their stack: the message tells an operator what to do. */
const withoutStack = [ConfigError, BundledPostgresError, DatabaseUnreachableError]
/** A stop that takes longer hangs because of a bug: the process ends anyway. */
const stopTimeoutMs = 30_000

export interface RunOptions {
  /** Settings, by the names of their environment variables: see docs/configuration.md. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly bundledDatabase?: BundledDatabase
}

/**
 * Runs the server until SIGTERM, SIGINT or SIGHUP, then stops it and ends the process: with 0, with 2 if
 * a setting is wrong, or with 1 after any other failure.
 */
export async function run({ env, bundledDatabase = 'kept' }: RunOptions): Promise<void> {
  // Listen before starting anything, so that a signal during the start leaves no database running.
  const signaled = nextSignal()
  const unprinted: Credentials[] = []
  const config = readConfig(env)
  try {
    const log = createLog(config.logLevel)
    warnOfUnknown(env, log)
    const onKeys = (created: Credentials) => unprinted.push(created)
    const server = await startServer({ config, log, onKeys, bundledDatabase })
    process.stdout.write(
      renderBanner({
        url: server.url,
        database: config.databaseUrl ? 'yours (DATABASE_URL)' : `bundled, in ${config.dataDir}`,
        credentials: server.credentials,
        isTerminal: process.stdout.isTTY === true,
      }),
    )
    const signal = await signaled
    log.info({ signal }, 'stopping: answering the requests in flight')
    process.exit(await end(server, log))
  } catch (error) {
    // No later start can print them, because the database stores only a hash of the secret key.
    for (const keys of unprinted) process.stdout.write(renderKeys(keys))
    fail(error, 1)
  }
}

/** Reads the settings. Ends the process if one is wrong. */
function readConfig(env: RunOptions['env']): Config {
  try {
    return parseConfig(env)
  } catch (error) {
    return fail(error, 2)
  }
}

function warnOfUnknown(env: RunOptions['env'], log: Logger): void {
  const names = findUnknownVariables(env)
  if (names.length > 0) log.warn({ names }, 'these variables are no settings, and have no effect')
}

function fail(error: unknown, exitCode: 1 | 2): never {
  process.stderr.write(`Hedge Payments could not start. ${startFailure(error)}\n`)
  process.exit(exitCode)
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve)
    process.on('SIGINT', resolve)
    // The terminal was closed.
    process.on('SIGHUP', resolve)
  })
}

async function end(server: RunningServer, log: Logger): Promise<0 | 1> {
  setTimeout(() => process.exit(1), stopTimeoutMs).unref()
  try {
    await server.stop()
    return 0
  } catch (error) {
    log.fatal({ err: describe(error) }, 'stopping the server failed')
    return 1
  }
}

/** The message of the error, without DATABASE_URL, which may contain a password. */
function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AddressError) return `DATABASE_URL: ${error.message}`
  if (withoutStack.some((kind) => error instanceof kind)) return error.message
  const { code } = error as { code?: string }
  return `${error.message}${code ? ` (${code})` : ''}\n${error.stack ?? ''}`
}
