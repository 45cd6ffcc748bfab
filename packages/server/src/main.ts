import { renderBanner } from './banner.ts'
import { ConfigError, parseConfig } from './config.ts'
import { BundledPostgresError } from './database/bundled/failure.ts'
import { describe } from './http/failures.ts'
import { createLog } from './log.ts'
import { type RunningServer, startServer } from './server.ts'

/** After this a stop that hangs is a bug, and the process ends all the same. */
const stopTimeoutMs = 30_000

async function main(): Promise<void> {
  const config = parseConfig(process.env)
  const log = createLog(config.logLevel)
  const server = await startServer(config, log)
  process.stdout.write(
    renderBanner({
      url: server.url,
      database: config.databaseUrl ? 'yours (DATABASE_URL)' : `bundled, in ${config.dataDir}`,
      credentials: server.credentials,
    }),
  )
  const stop = once((signal: string) => {
    log.info({ signal }, 'stopping: finishing what is in flight')
    void end(server)
  })
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))

  async function end(running: RunningServer): Promise<void> {
    setTimeout(() => process.exit(1), stopTimeoutMs).unref()
    try {
      await running.stop()
      process.exit(0)
    } catch (error) {
      log.fatal({ err: describe(error) }, 'the server did not stop in good order')
      process.exit(1)
    }
  }
}

function once<A>(run: (argument: A) => void): (argument: A) => void {
  let done = false
  return (argument) => {
    if (done) return
    done = true
    run(argument)
  }
}

main().catch((error: unknown) => {
  const isExpected = error instanceof ConfigError || error instanceof BundledPostgresError
  const text = isExpected ? (error as Error).message : startFailure(error)
  process.stderr.write(`Hedge Payments could not start. ${text}\n`)
  process.exit(1)
})

/** PostgreSQL's and the system's own words, without the address, which may hold a password. */
function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { code?: string }
  if (code === 'EADDRINUSE') return 'The port is in use: set PORT to another one, or to 0.'
  return `${error.message}${code ? ` (${code})` : ''}\n${error.stack ?? ''}`
}
