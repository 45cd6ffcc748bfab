import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A key pair of test mode. */
export interface Credentials {
  readonly publishableKey: string
  readonly secretKey: string
}

/** The key pair that a start may print. */
export interface ShownCredentials extends Credentials {
  /** Whether this start created them. Later starts print the secret key to a terminal only. */
  readonly isNew: boolean
  /** The file that stores them; `null`: they are not stored. */
  readonly file: string | null
}

const fileName = 'credentials.json'

/** The file beside the bundled database that stores the first key pair. */
export function credentialsFile(dataDir: string): string {
  return join(dataDir, fileName)
}

/**
 * Stores the generated test key pair beside the bundled database, readable by its owner only. A later
 * start at a terminal can print it, and the CLI finds it.
 *
 * @param url the server's address, once it listens. The CLI sends the key to this address only.
 */
export async function saveCredentials(
  dataDir: string,
  { publishableKey, secretKey }: Credentials,
  url?: string,
): Promise<void> {
  const json = `${JSON.stringify({ publishableKey, secretKey, url }, null, 2)}\n`
  const file = credentialsFile(dataDir)
  // Written to another file first, because the CLI may read at any time.
  await writeFile(`${file}.new`, json, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** The stored key pair of an earlier start, or `null`. */
export async function loadCredentials(dataDir: string): Promise<Credentials | null> {
  try {
    const read = JSON.parse(
      await readFile(credentialsFile(dataDir), 'utf8'),
    ) as Partial<Credentials>
    const { publishableKey, secretKey } = read
    return publishableKey && secretKey ? { publishableKey, secretKey } : null
  } catch {
    return null
  }
}

/** The text that shows new keys when the start fails after their creation. */
export function renderKeys(credentials: Credentials): string {
  return [
    'The first keys were created, and are shown only once:',
    '',
    ...keyLines(credentials),
    '',
    '',
  ].join('\n')
}

function keyLines({ publishableKey, secretKey }: Credentials): string[] {
  return [`  publishable key  ${publishableKey}`, `  secret key       ${secretKey}`]
}

/**
 * The text that is printed when the server is ready. It contains no secret key from the environment,
 * and a secret key of an earlier start only for a terminal: other readers of standard output may be
 * logs, which would store it.
 */
export function renderBanner(options: {
  url: string
  database: string
  credentials: ShownCredentials | null
  isTerminal: boolean
}): string {
  const { url, credentials, isTerminal } = options
  const isShown = credentials !== null && (credentials.isNew || isTerminal)
  const secret = isShown ? credentials.secretKey : '$HEDGE_API_SECRET'
  const keys = credentials
    ? keyLines({
        ...credentials,
        secretKey: isShown ? credentials.secretKey : `in ${credentials.file}`,
      })
    : ['  keys             those you set, or were shown when the database was created']
  return [
    `Hedge Payments is ready at ${url}`,
    '',
    ...keys,
    `  database         ${options.database}`,
    `  dashboard        ${url}/dashboard`,
    `  documentation    ${url}/docs`,
    '',
    'Try it:',
    '',
    `  curl -X POST ${url}/v1/payments \\`,
    `    -H "Authorization: Bearer ${secret}" \\`,
    '    -H "Content-Type: application/json" \\',
    `    -d '{"amount": 9999, "currency": "USD", "customer_email": "customer@example.com"}'`,
    '',
    '',
  ].join('\n')
}
