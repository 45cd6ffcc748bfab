import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The key pair that a person at this machine may use. */
export interface Credentials {
  readonly publishableKey: string
  readonly secretKey: string
}

const fileName = 'credentials.json'

/**
 * Keeps the generated test key pair beside the bundled database, readable by its owner only: the
 * next start can print it again, and the CLI finds it.
 */
export async function saveCredentials(dataDir: string, credentials: Credentials): Promise<void> {
  const json = `${JSON.stringify(credentials, null, 2)}\n`
  await writeFile(join(dataDir, fileName), json, { mode: 0o600 })
}

/** The pair of an earlier start; `null` where there is none. */
export async function loadCredentials(dataDir: string): Promise<Credentials | null> {
  try {
    const read = JSON.parse(await readFile(join(dataDir, fileName), 'utf8')) as Partial<Credentials>
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

/** What is printed when the server can be used. Secrets that came from outside are not repeated. */
export function renderBanner(options: {
  url: string
  database: string
  credentials: Credentials | null
}): string {
  const { url, credentials } = options
  const secret = credentials?.secretKey ?? '$HEDGE_API_SECRET'
  const keys = credentials
    ? keyLines(credentials)
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
