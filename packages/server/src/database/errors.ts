import { PoolFullError } from './hosts/bounded-pool.ts'
import { DatabaseUnreachableError } from './hosts/unreachable.ts'

// Classes of SQLSTATE: 08 connection, 40 conflicts that outlasted every retry, 53 resources, 57P
// shutdown and start-up, 25006 read-only (a standby, or a full disk), 58 the system. 57014 and 55P03
// are our own timeouts, of a statement and of its wait for a lock.
const unavailableStates = /^(08|40|53|57P|57014|55P03|25006|58)/
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ENOENT',
  'EAI_AGAIN',
])
const connectionMessages =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|timeout expired|Client has encountered|not queryable/

/** Whether the fault is the database's or the way to it, so that trying again makes sense. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnreachableError) return true
  const { code, message, severity } = error as {
    code?: string
    message?: string
    severity?: string
  }
  if (error instanceof PoolFullError) return true
  // A FATAL error ends the session, whatever it is about: a refused sign-in, a dropped database.
  if (severity === 'FATAL' || severity === 'PANIC') return true
  if (severity !== undefined && code !== undefined) return unavailableStates.test(code)
  if (code !== undefined && networkCodes.has(code)) return true
  return connectionMessages.test(message ?? '')
}

/** Whether a statement gave up waiting for what another transaction holds: nothing of it was done. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: string }).code === '55P03'
}

/**
 * Whether one piece of background work failed by itself, so that others go on: not for want of the
 * database. A row that another transaction holds is no fault of the database.
 */
export function isOwnFailure(error: unknown): boolean {
  return isLockTimeout(error) || !isDatabaseUnavailable(error)
}

/** Whether PostgreSQL refused what a statement says: then nothing of it was done. */
export function isStatementRefused(error: unknown): boolean {
  const { severity } = error as { severity?: string }
  return severity === 'ERROR' && !isDatabaseUnavailable(error)
}

/** What of an error may be logged: PostgreSQL's `detail` and `where` quote rows, so never those. */
export function describe(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code, constraint, routine } = error as {
    code?: string
    constraint?: string
    routine?: string
  }
  return { type: error.name, message: error.message, stack: error.stack, code, constraint, routine }
}
