import { HedgePayments } from '@hedgepayments/node'
import type { Command } from 'commander'
import { findAddress, findCredentials } from './credentials.ts'
import { print, say } from './output/terminal.ts'

/** The options of every command. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly verbose?: boolean
  readonly baseUrl?: string
  readonly dataDir: string
}

/** The API client and the output of one command. */
export interface Session {
  readonly hedge: HedgePayments
  readonly apiSecret: string
  readonly livemode: boolean
  readonly json: boolean
  readonly verbose: boolean
  readonly dataDir: string
  /** Prints a result: as JSON with `--json`, else as `render` returns it. */
  show<T>(result: T, render: (result: T) => string): void
}

/** Finds the key and the server. @throws {CliError} or the SDK's ConfigurationError. */
export async function openSession(command: Command): Promise<Session> {
  const globals = command.optsWithGlobals<GlobalOptions>()
  const { apiKey, apiSecret, source } = await findCredentials(process.env, globals.dataDir)
  const verbose = globals.verbose ?? false
  const hedge = new HedgePayments({
    apiKey,
    apiSecret,
    baseUrl: findAddress(process.env, globals.baseUrl),
    ...(verbose ? { logger: stderrLogger } : {}),
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

/** Makes an action for commander that gets a session, its options and its arguments. */
export function withSession<Options>(
  work: (session: Session, options: Options, args: readonly string[]) => Promise<void>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command
    await work(await openSession(command), command.opts() as Options, command.args)
  }
}

/** A secret's beginning and end, as the server shows them: enough to recognize the key. */
export function hintOf(apiSecret: string): string {
  return `${apiSecret.slice(0, 8)}…${apiSecret.slice(-4)}`
}

const log = (message: string) => say(message)
const stderrLogger = { debug: log, info: log, warn: log, error: log }
