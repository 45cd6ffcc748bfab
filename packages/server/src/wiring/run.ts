import { BundledPostgresError } from '@hedgepayments/bundled-postgres'
import type { Logger } from 'pino'
import { describe } from '../database/errors.ts'
import { AddressError } from '../database/hosts/address.ts'
import { DatabaseUnreachableError } from '../database/hosts/unreachable.ts'
import { type Credentials, renderBanner, renderKeys } from './banner.ts'
import { parseConfig } from './config.ts'
import { ConfigError } from './environment/read.ts'
import { createLog } from './log.ts'
import { type RunningServer, startServer } from './server.ts'

/** Errors whose message is what an operator needs: where in the code they arose is not. */
const saysItAll = [ConfigError, BundledPostgresError, DatabaseUnreachableError]
/** After this a stop that hangs is a bug, and the process ends all the same. */
const stopTimeoutMs = 30_000

/** Runs the server of this process from its start to the signal that ends it. */
export async function run(): Promise<void> {
  // Asked for before anything is started: a signal in the middle of the start must not leave the
  // database behind that was just started.
  const signaled = nextSignal()
  const unshown: Credentials[] = []
  try {
    const config = parseConfig(process.env)
    const log = createLog(config.logLevel)
    const server = await startServer(config, log, (made) => unshown.push(made))
    process.stdout.write(
      renderBanner({
        url: server.url,
        database: config.databaseUrl ? 'yours (DATABASE_URL)' : `bundled, in ${config.dataDir}`,
        credentials: server.credentials,
        isTerminal: process.stdout.isTTY === true,
      }),
    )
    const signal = await signaled
    log.info({ signal }, 'stopping: finishing what is in flight')
    process.exit(await end(server, log))
  } catch (error) {
    // The next start could not show them: of the secret one there is only a hash in the database.
    for (const keys of unshown) process.stdout.write(renderKeys(keys))
    const text = startFailure(error)
    process.stderr.write(`Hedge Payments could not start. ${text}\n`)
    process.exit(1)
  }
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve)
    process.on('SIGINT', resolve)
  })
}

async function end(server: RunningServer, log: Logger): Promise<0 | 1> {
  setTimeout(() => process.exit(1), stopTimeoutMs).unref()
  try {
    await server.stop()
    return 0
  } catch (error) {
    log.fatal({ err: describe(error) }, 'the server did not stop in good order')
    return 1
  }
}

/** PostgreSQL's and the system's own words, without the address, which may hold a password. */
function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AddressError) return `DATABASE_URL: ${error.message}`
  if (saysItAll.some((kind) => error instanceof kind)) return error.message
  const { code } = error as { code?: string }
  return `${error.message}${code ? ` (${code})` : ''}\n${error.stack ?? ''}`
}
