import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { withExamples } from '../output/examples.ts'
import type { GlobalOptions } from '../session.ts'

interface ServeOptions extends GlobalOptions {
  port?: string
  host?: string
  databaseUrl?: string
  logLevel?: string
}

/** `hedge serve`: runs the server as `npm start` does. Options override the environment. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('run the server')
    .option('--port <n>', 'the port, 0 for any free port (default: PORT, else 4000)', parsePort)
    .option('--host <address>', 'the address to listen on (default: HOST, else 127.0.0.1)')
    .option(
      '--database-url <url>',
      'your PostgreSQL (default: the bundled one). Use DATABASE_URL instead if the URL contains a ' +
        'password: other users of the machine can read options',
    )
    .option('--log-level <level>', 'fatal, error, warn, info, debug, trace or silent')
    .action(async (_options: ServeOptions, self: Command) => {
      process.exitCode = await serve(self.optsWithGlobals<ServeOptions>())
    })
  return withExamples(command, [
    ['hedge serve', 'use the bundled database, in .hedge/'],
    ['hedge serve --port 8080 --data-dir /var/lib/hedge', 'use another port and folder'],
    ['DATABASE_URL=postgres://… hedge serve', 'use your own database'],
  ])
}

/** Runs the server as a child process. Forwards signals, and returns the server's exit code. */
async function serve(options: ServeOptions): Promise<number> {
  const main = fileURLToPath(import.meta.resolve('@hedgepayments/server/main'))
  const child = spawn(process.execPath, [main], {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...(options.port === undefined ? {} : { PORT: options.port }),
      ...(options.host === undefined ? {} : { HOST: options.host }),
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      ...(options.logLevel === undefined ? {} : { LOG_LEVEL: options.logLevel }),
      HEDGE_DATA_DIR: options.dataDir,
    },
  })
  // The terminal sends Ctrl-C to both processes. Do not forward it, and wait for the server's end.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGTERM'))
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

function parsePort(value: string): string {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return value
  throw new InvalidArgumentError('Expected a number from 0 to 65535.')
}
