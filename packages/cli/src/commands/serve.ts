import { Command, InvalidArgumentError, Option } from 'commander'
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
  const logLevel = new Option('--log-level <level>', 'the least level of the log (default: info)')
  const command = new Command('serve')
    .description('run the server')
    .option('--port <n>', 'the port, 0 for any free port (default: PORT, else 4000)', parsePort)
    .option('--host <address>', 'the address to listen on (default: HOST, else 127.0.0.1)')
    .option(
      '--database-url <url>',
      'your PostgreSQL (default: the bundled one). Use DATABASE_URL instead if the URL contains a ' +
        'password: other users of the machine can read options',
    )
    .addOption(logLevel.choices(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']))
    .action(async (_options: ServeOptions, self: Command) => {
      await serve(self.optsWithGlobals<ServeOptions>())
    })
  return withExamples(command, [
    ['hedge serve', 'use the bundled database, in .hedge/'],
    ['hedge serve --port 8080 --data-dir /var/lib/hedge', 'use another port and folder'],
    ['DATABASE_URL=postgres://… hedge serve', 'use your own database'],
  ])
}

/**
 * Runs the server in this process until a signal ends it. The bundled PostgreSQL shuts down with this
 * process, also when it is killed.
 */
async function serve(options: ServeOptions): Promise<void> {
  // The server is large. Other commands do not load it.
  const { run } = await import('@hedgepayments/server')
  await run({
    env: {
      ...process.env,
      ...(options.port === undefined ? {} : { PORT: options.port }),
      ...(options.host === undefined ? {} : { HOST: options.host }),
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      ...(options.logLevel === undefined ? {} : { LOG_LEVEL: options.logLevel }),
      HEDGE_DATA_DIR: options.dataDir,
    },
    bundledDatabase: 'ends-with-process',
  })
}

function parsePort(value: string): string {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return value
  throw new InvalidArgumentError('Expected a number from 0 to 65535.')
}
