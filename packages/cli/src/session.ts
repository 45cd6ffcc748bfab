import { HedgePayments } from '@hedgepayments/node'
import type { Command } from 'commander'
import { findAddress, findCredentials } from './credentials.ts'
import { print, say } from './terminal.ts'

/** Options that every command understands. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly verbose?: boolean
  readonly baseUrl?: string
  readonly dataDir: string
}

/** What a command works with: the API, and a way to show what came of it. */
export interface Session {
  readonly hedge: HedgePayments
  /** Of the same server, with a key of one's own choice. */
  readonly apiSecret: string
  readonly livemode: boolean
  readonly json: boolean
  readonly verbose: boolean
  readonly dataDir: string
  /** One result: as JSON for programs, as `render` writes it for people. */
  show<T>(result: T, render: (result: T) => string): void
}

/** Finds the key and the server. Throws CliError or the SDK's ConfigurationError. */
async function openSession(command: Command): Promise<Session> {
  const globals = command.optsWithGlobals<GlobalOptions>()
  const { apiKey, apiSecret, source } = await findCredentials(process.env, globals.dataDir)
  const verbose = globals.verbose ?? false
  const hedge = new HedgePayments({
    apiKey,
    apiSecret,
    baseUrl: findAddress(process.env, globals.baseUrl),
    ...(verbose ? { logger: spokenLog } : {}),
  })
  if (verbose) {
    say(`server: ${hedge.baseUrl}`)
    say(`key: ${hintOf(apiSecret)}, from ${source}`)
  }
  const json = globals.json ?? false
  return {
    hedge,
    apiSecret,
    livemode: hedge.environment === 'production',
    json,
    verbose,
    dataDir: globals.dataDir,
    show: (result, render) => print(json ? JSON.stringify(result, null, 2) : render(result)),
  }
}

/** An action of commander's that gets a session, its options and its arguments. */
export function withSession<Options>(
  work: (session: Session, options: Options, args: readonly string[]) => Promise<void>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command
    await work(await openSession(command), command.opts() as Options, command.args)
  }
}

/** As the server shows a secret: enough to know it again. */
export function hintOf(apiSecret: string): string {
  return `${apiSecret.slice(0, 8)}…${apiSecret.slice(-4)}`
}

const tell = (message: string) => say(message)
const spokenLog = { debug: tell, info: tell, warn: tell, error: tell }
