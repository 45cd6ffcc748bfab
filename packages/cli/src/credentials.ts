import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError, exitCodes } from './exit-codes.ts'

/** A key pair and where it was found. */
export interface FoundCredentials {
  readonly apiKey: string | undefined
  readonly apiSecret: string
  /** For `--verbose`: never the key itself. */
  readonly source: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The secret key of the environment, else the one that the server left in its data folder. There is
 * no option for it: the arguments of a process can be read by everybody on the machine.
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
    `No API key: set HEDGE_API_SECRET, or run this where the server keeps its data (no ${file}).`,
  )
}

/** The server's address, for keys of both modes: a live key must go nowhere that nobody named. */
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
    // Said below, without what is in the file.
  }
  throw new CliError(exitCodes.auth, 'no_credentials', `${file} holds no key pair.`)
}
