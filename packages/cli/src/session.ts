import { ConfigurationError, HedgePayments, type HedgePaymentsOptions } from '@hedgepayments/node'
import type { Command } from 'commander'
import { findCredentials } from './credentials.ts'
import { usageError } from './exit-codes.ts'
import { printable, toJson } from './output/json.ts'
import { print, say } from './output/terminal.ts'
import { type ApiFetch, createFetch } from './proxy.ts'

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
  /** Sends requests as the client does, through a proxy if one is set. */
  readonly fetch: ApiFetch
  readonly apiSecret: string
  readonly livemode: boolean
  readonly json: boolean
  readonly verbose: boolean
  readonly dataDir: string
  /**
   * Prints a result: as JSON with `--json`, else as `render` returns it. `render` gets a copy whose
   * texts are safe to print.
   */
  show<T>(result: T, render: (result: T) => string): void
  /** Prints one result of several: a line of JSON with `--json`, else as `render` returns it. */
  showLine<T>(result: T, render: (result: T) => string): void
}

/**
 * Finds the key and the server.
 *
 * @throws {CliError} if there is no key, or the server's URL is wrong; the SDK's ConfigurationError if a
 *   key is wrong.
 */
export async function openSession(command: Command): Promise<Session> {
  const globals = command.optsWithGlobals<GlobalOptions>()
  const { apiKey, apiSecret, baseUrl, source } = await findCredentials(process.env, globals)
  const verbose = globals.verbose ?? false
  requireAddress(baseUrl)
  const fetch = await createFetch(process.env, baseUrl)
  const hedge = createClient({
    ...{ apiKey, apiSecret, baseUrl, fetch },
    ...(verbose ? { logger: stderrLogger } : {}),
  })
  if (verbose) {
    say(`server: ${hedge.baseUrl}`)
    say(`key: ${hintOf(apiSecret)}, from ${source}`)
  }
  const json = globals.json ?? false
  const livemode = hedge.environment === 'production'
  return {
    ...{ hedge, fetch, apiSecret, livemode, json, verbose, dataDir: globals.dataDir },
    show: (result, render) => print(json ? toJson(result, 2) : render(printable(result))),
    showLine: (result, render) => print(json ? toJson(result) : render(printable(result))),
  }
}

/** Checks a server's URL. @throws {CliError} that does not repeat it, because it can contain a password. */
export function requireAddress(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (isHttp && !url.username && !url.password && !url.search && !url.hash) return
  throw usageError(
    "The server's URL (--base-url or HEDGE_BASE_URL) must look like https://payments.example.com, " +
      'without user, password, query and fragment.',
  )
}

/** Makes the API's client. @throws {CliError} for a wrong URL; ConfigurationError for a wrong key. */
export function createClient(options: HedgePaymentsOptions): HedgePayments {
  try {
    return new HedgePayments(options)
  } catch (error) {
    // The SDK's messages begin with the name of its option.
    if (!(error instanceof ConfigurationError && error.message.startsWith('baseUrl '))) throw error
    throw usageError(
      error.message.replace('baseUrl ', "The server's URL (--base-url or HEDGE_BASE_URL) "),
    )
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
