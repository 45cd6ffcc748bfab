/**
 * `@hedgepayments/server`: a server in your own process.
 *
 * ```ts
 * const server = await start({ env: { PORT: '0', LOG_LEVEL: 'warn' } })
 * console.log(server.url, server.credentials?.secretKey)
 * await server.stop()
 * ```
 *
 * @module
 */

import type { Logger } from 'pino'
import type { Credentials, ShownCredentials } from './wiring/banner.ts'
import { parseConfig } from './wiring/config.ts'
import { ConfigError } from './wiring/environment/read.ts'
import { createLog } from './wiring/log.ts'
import type { RunningServer } from './wiring/server.ts'
import { type RunOptions, run } from './wiring/start/run.ts'
import { type BundledDatabase, startServer } from './wiring/start/start-server.ts'

export {
  type BundledDatabase,
  ConfigError,
  type Credentials,
  type RunningServer,
  type RunOptions,
  run,
  type ShownCredentials,
}

export interface StartOptions {
  /**
   * Settings, by the names of their environment variables: see docs/configuration.md. Default: none,
   * that is, the bundled PostgreSQL in `.hedge`, on port 4000. The environment of the process is not
   * read: pass `process.env` to use it.
   */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A pino logger. Default: one that writes to standard error, at the level of `LOG_LEVEL`. */
  readonly log?: Logger
  /**
   * Gets the first key pair as soon as it is stored, if no later start can show it (with a database
   * of yours and no `HEDGE_API_SECRET`). `credentials` of the result contains the same pair, unless
   * the start fails after it was stored.
   */
  readonly onKeys?: (created: Credentials) => void
  /** What becomes of the bundled PostgreSQL when this process is killed. Default: `kept`. */
  readonly bundledDatabase?: BundledDatabase
}

/**
 * Starts a server in this process: HTTP, workers and, without `DATABASE_URL`, a bundled PostgreSQL. It
 * installs no signal handlers: call `stop()`.
 *
 * @throws {ConfigError} when a setting is wrong. The message names the variable.
 */
export async function start(options: StartOptions = {}): Promise<RunningServer> {
  const { env = {}, onKeys = () => undefined, bundledDatabase = 'kept' } = options
  const config = parseConfig(env)
  const log = options.log ?? createLog(config.logLevel)
  return await startServer({ config, log, onKeys, bundledDatabase })
}
