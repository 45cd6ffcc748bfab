import { isDatabaseUnavailable } from '../database/errors.ts'
import { ConfigError } from './environment/read.ts'

/**
 * What kept a server from starting, in words for whoever set DATABASE_URL: which database, and
 * what it or the system said. Any other error is given back as it is. Neither user nor password is
 * in the message.
 */
export function explainUnreachable(error: unknown, databaseUrl: string): unknown {
  if (!isDatabaseUnavailable(error)) return error
  return new ConfigError(
    `DATABASE_URL: the database ${nameOf(databaseUrl)} cannot be used: ${reasonOf(error)}.`,
  )
}

/** `db.internal:5432/hedge`; of an address without a host, only the path. */
function nameOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'it names'
  const { host, pathname } = new URL(databaseUrl)
  return `${host}${pathname}`
}

function reasonOf(error: unknown): string {
  // A name with several addresses fails with one error for each, and no message of its own.
  const first = error instanceof AggregateError ? error.errors[0] : error
  const { code, message } = first as { code?: string; message?: string }
  const said = (message ?? '').replace(/\.$/, '')
  if (code === undefined || said.includes(code)) return said || 'no connection'
  return said === '' ? code : `${said} (${code})`
}
