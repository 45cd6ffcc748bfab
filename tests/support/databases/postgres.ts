import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** A database of one test file. */
export type TestDatabase = { url: string; drop(): Promise<void> }

/** How often a statement is repeated until the sessions that were ended are gone. */
const triesMax = 1_000

/**
 * Creates a database for one test file on the shared cluster, by default from `template1`. `drop`
 * deletes the database and ends its connections. With `icuLocale` it is empty, and its default collation is
 * that of the locale.
 */
export async function createDatabase(
  adminUrl: string,
  options: { template?: string; icuLocale?: string } = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const { icuLocale, template = icuLocale ? 'template0' : 'template1' } = options
  const locale = icuLocale
    ? `LOCALE_PROVIDER icu ICU_LOCALE ${pg.escapeLiteral(icuLocale)} LOCALE 'C' ENCODING 'UTF8'`
    : ''
  await asAdmin(adminUrl, (admin) =>
    admin.query(`CREATE DATABASE ${name} TEMPLATE ${pg.escapeIdentifier(template)} ${locale}`),
  )
  const drop = () =>
    asAdmin(adminUrl, async (admin) => {
      await whenUnused(() => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
    })
  return { url: withDatabase(adminUrl, name), drop }
}

/**
 * Creates the template database `name` with `prepare`, once in a run: if another test file is creating
 * it, waits for that. `prepare` must close its connections. Pass `name` to `createDatabase`.
 */
export async function ensureTemplate(
  adminUrl: string,
  name: string,
  prepare: (url: string) => Promise<void>,
): Promise<void> {
  await asAdmin(adminUrl, async (admin) => {
    const key = createHash('sha256').update(name).digest().readInt32BE()
    // A lock of the session: if this worker dies in `prepare`, PostgreSQL releases the lock.
    await admin.query('SELECT pg_advisory_lock($1, $2)', [0x74706c, key])
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount) return
    const unfinished = `${name}_unfinished`
    const quoted = pg.escapeIdentifier(unfinished)
    await admin.query(`DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`)
    await admin.query(`CREATE DATABASE ${quoted}`)
    await prepare(withDatabase(adminUrl, unfinished))
    await whenUnused(() =>
      admin.query(`ALTER DATABASE ${quoted} RENAME TO ${pg.escapeIdentifier(name)}`),
    )
  })
}

/** The same address with another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

/** Runs work on a connection of its own. */
export async function asAdmin<T>(url: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: url, application_name: 'tests' })
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}

/**
 * Repeats a change while sessions use the database. PostgreSQL ends a session shortly after its client
 * has closed the connection. `FORCE` cannot end a vacuum, because a superuser runs it.
 */
export async function whenUnused(change: () => Promise<unknown>): Promise<void> {
  const inUse = ['55006', '42501']
  for (let tries = 1; ; tries++) {
    try {
      await change()
      return
    } catch (cause) {
      const { code = '' } = cause as { code?: string }
      if (!inUse.includes(code) || tries === triesMax) throw cause
      await sleep(20)
    }
  }
}
