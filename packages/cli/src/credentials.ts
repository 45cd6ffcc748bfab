import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError, exitCodes } from './exit-codes.ts'

/** A key pair and its source. */
export interface FoundCredentials {
  readonly apiKey: string | undefined
  readonly apiSecret: string
  /** Shown by `--verbose`. Never contains the key. */
  readonly source: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Finds the secret key in the environment, else in the server's data folder. No option passes a key,
 * because other users of the machine can read a process's arguments.
 *
 * @throws {CliError} if no key is found.
 */
export async function findCredentials(
  env: Environment,
  dataDir: string,
): Promise<FoundCredentials> {
  const apiSecret = env.HEDGE_API_SECRET?.trim()
  if (apiSecret) {
    const apiKey = env.HEDGE_API_KEY?.trim() || undefined
    return { apiKey, apiSecret, source: 'the environment (HEDGE_API_SECRET)' }
  }
  const file = join(dataDir, 'credentials.json')
  const found = await readPair(file)
  if (found) return { ...found, source: file }
  throw new CliError(
    exitCodes.auth,
    'no_credentials',
    `No API key: set HEDGE_API_SECRET, or pass the server's --data-dir (${file} does not exist).`,
  )
}

/** The server's URL, for both modes. Never defaults to a public one: a live key must not leak. */
export function findAddress(env: Environment, baseUrl: string | undefined): string {
  return baseUrl || env.HEDGE_BASE_URL || 'http://127.0.0.1:4000'
}

async function readPair(file: string): Promise<{ apiKey: string; apiSecret: string } | null> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new CliError(exitCodes.auth, 'no_credentials', `Cannot read ${file} (${code}).`)
  }
  try {
    const { publishableKey, secretKey } = JSON.parse(text) as Record<string, unknown>
    if (typeof publishableKey === 'string' && typeof secretKey === 'string') {
      return { apiKey: publishableKey, apiSecret: secretKey }
    }
  } catch {
    // Reported below, without the file's content.
  }
  throw new CliError(exitCodes.auth, 'no_credentials', `${file} does not contain a key pair.`)
}
