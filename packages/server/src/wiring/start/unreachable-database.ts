import { isDatabaseUnavailable } from '../../database/errors.ts'
import { ConfigError } from '../environment/read.ts'

/**
 * Turns the failure to reach the database into a ConfigError about DATABASE_URL: which database, and
 * the message of PostgreSQL or the system. The text contains neither user nor password. Returns any
 * other error unchanged.
 */
export function explainUnreachable(error: unknown, databaseUrl: string): unknown {
  if (!isDatabaseUnavailable(error)) return error
  return new ConfigError(
    `DATABASE_URL: the database ${nameOf(databaseUrl)} cannot be used: ${reasonOf(error)}.`,
  )
}

/** `db.internal:5432/hedge`, or only the path of an address without a host. */
function nameOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'it names'
  const { host, pathname } = new URL(databaseUrl)
  return `${host}${pathname}`
}

function reasonOf(error: unknown): string {
  // A host name with several addresses fails with one error for each, and without a message.
  const first = error instanceof AggregateError ? error.errors[0] : error
  const { code, message } = first as { code?: string; message?: string }
  const text = (message ?? '').replace(/\.$/, '')
  if (code === undefined || text.includes(code)) return text || 'no connection'
  return text === '' ? code : `${text} (${code})`
}
