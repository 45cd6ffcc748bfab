import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The key pair that a person at this machine may use. */
export interface Credentials {
  readonly publishableKey: string
  readonly secretKey: string
}

/** A key pair for the banner. */
export interface ShownCredentials extends Credentials {
  /** Whether this start made them. Later starts print the secret to a terminal only. */
  readonly isNew: boolean
  /** The file in which they can be read again; `null`: nowhere. */
  readonly file: string | null
}

const fileName = 'credentials.json'

export function credentialsFile(dataDir: string): string {
  return join(dataDir, fileName)
}

/**
 * Keeps the generated test key pair beside the bundled database, readable by its owner only: a later
 * start at a terminal can print it again, and the CLI finds it.
 */
export async function saveCredentials(dataDir: string, credentials: Credentials): Promise<void> {
  const json = `${JSON.stringify(credentials, null, 2)}\n`
  await writeFile(credentialsFile(dataDir), json, { mode: 0o600 })
}

/** The pair of an earlier start; `null` where there is none. */
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

/** What is printed of keys that were just made where the server then cannot be used. */
export function renderKeys(credentials: Credentials): string {
  return [
    'The first keys were made, and are shown this once:',
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
 * What is printed when the server can be used. Secrets that came from outside are not repeated, and
 * one that was made by an earlier start goes to a terminal only: what else reads standard output
 * may be a log, which would keep it.
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
    : ['  keys             those you set, or were shown when the database was made']
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
