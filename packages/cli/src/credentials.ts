import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Environment, readVariable, requireValue } from './environment.ts'
import { CliError, exitCodes } from './exit-codes.ts'

/** A key pair, its server and its source. */
export interface FoundCredentials {
  readonly apiKey: string | undefined
  readonly apiSecret: string
  /** The server of the key, for both modes. Never a public default: a live key must not leak. */
  readonly baseUrl: string
  /** Shown by `--verbose`. Never contains the key. */
  readonly source: string
}

/** Where `hedge serve` listens without options. */
const localServer = 'http://127.0.0.1:4000'

/**
 * Finds the secret key and its server in one source: the environment, else the file in the data folder
 * that the server writes. So a key is never sent to a server that another source names. `baseUrl` is
 * the option `--base-url`: the user names the server for whichever key is found. No option passes a
 * key, because other users of the machine can read a process's arguments.
 *
 * @throws {CliError} if no key is found, if a variable is set but empty, or if HEDGE_BASE_URL names
 *   another server than the key's.
 */
export async function findCredentials(
  env: Environment,
  { dataDir, baseUrl }: { dataDir: string; baseUrl?: string | undefined },
): Promise<FoundCredentials> {
  requireValue(dataDir, '--data-dir or HEDGE_DATA_DIR')
  const apiSecret = readVariable(env, 'HEDGE_API_SECRET')
  if (apiSecret) {
    const apiKey = readVariable(env, 'HEDGE_API_KEY')
    const source = 'the environment (HEDGE_API_SECRET)'
    return { apiKey, apiSecret, baseUrl: findAddress(env, baseUrl), source }
  }
  const file = join(dataDir, 'credentials.json')
  const found = await readStored(file)
  if (found) {
    const { url, ...pair } = found
    const named = findNamed(env, baseUrl)
    if (!baseUrl && named && url) requireSame(named, url, file)
    return { ...pair, baseUrl: named || url || localServer, source: file }
  }
  throw new CliError(
    exitCodes.auth,
    'no_credentials',
    `No API key: set HEDGE_API_SECRET, or pass the server's --data-dir (${file} does not exist).`,
  )
}

/** The server without a key: `--base-url`, else HEDGE_BASE_URL, else one on this machine. */
export function findAddress(env: Environment, baseUrl: string | undefined): string {
  return findNamed(env, baseUrl) ?? localServer
}

function findNamed(env: Environment, baseUrl: string | undefined): string | undefined {
  requireValue(baseUrl, '--base-url')
  return baseUrl ?? readVariable(env, 'HEDGE_BASE_URL')
}

/** Whether an address names this machine only, so that no other machine gets what is sent there. */
export function isLoopback(url: URL): boolean {
  const { hostname } = url
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

function requireSame(named: string, stored: string, file: string): void {
  if (addressOf(named) === addressOf(stored)) return
  throw new CliError(
    exitCodes.auth,
    'wrong_server',
    `HEDGE_BASE_URL is ${named}, but the only key, in ${file}, belongs to ${stored}. ` +
      'Set HEDGE_API_SECRET to a key of that server, or pass --base-url to send this key there.',
  )
}

/** A comparable form of an address. All names of this machine are equal. */
function addressOf(text: string): string {
  if (!URL.canParse(text)) return text
  const url = new URL(text)
  if (isLoopback(url)) url.hostname = 'localhost'
  return url.origin + url.pathname.replace(/\/+$/, '')
}

interface Stored {
  readonly apiKey: string
  readonly apiSecret: string
  /** Absent in the file of a server that has not started yet. */
  readonly url: string | undefined
}

async function readStored(file: string): Promise<Stored | null> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new CliError(exitCodes.auth, 'no_credentials', `Cannot read ${file} (${code}).`)
  }
  try {
    const { publishableKey, secretKey, url } = JSON.parse(text) as Record<string, unknown>
    if (typeof publishableKey === 'string' && typeof secretKey === 'string') {
      const address = typeof url === 'string' ? url : undefined
      return { apiKey: publishableKey, apiSecret: secretKey, url: address }
    }
  } catch {
    // Reported below, without the file's content.
  }
  throw new CliError(exitCodes.auth, 'no_credentials', `${file} does not contain a key pair.`)
}
