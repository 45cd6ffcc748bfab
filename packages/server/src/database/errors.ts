import { PoolFullError } from './hosts/bounded-pool.ts'
import { DatabaseUnreachableError } from './hosts/unreachable.ts'

// Classes of SQLSTATE: 08 connection, 40 conflicts after every retry, 53 resources, 57P shutdown and
// start-up, 25006 read-only (a standby, or a full disk), 58 the system. 57014, 55P03 and
// 25P03 are the server's own timeouts: of a statement, of its wait for a lock, and of an idle transaction (on a node
// of a cluster).
const unavailableStates = /^(08|40|53|57P|57014|55P03|25006|25P03|58)/
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

// A coordinator of a cluster reports some losses of a worker as internal errors (XX000).
const lostNodeMessages =
  /^failure on connection marked as essential|server closed the connection unexpectedly|connection not open|could not (send|receive) data (to|from) server/

// 40001 serialization failure, 40P01 deadlock. CIINF: a cluster has moved the shard to another node between two
// parts of a statement.
const conflictStates = new Set(['40001', '40P01', 'CIINF'])
// A cluster has split the shard between the plan of a statement and its execution (XX000).
const splitShardMessage = /^could not find valid entry for shard \d+/

/** Whether the database rolled a transaction back because of something concurrent, so that it can run again. */
export function isConflict(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  if (code === 'XX000') return splitShardMessage.test(message ?? '')
  return code !== undefined && conflictStates.has(code)
}

/** Whether the database or the connection to it failed, so that another attempt can succeed. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseUnreachableError) return true
  const { code, message, severity } = error as {
    code?: string
    message?: string
    severity?: string
  }
  if (error instanceof PoolFullError || isConflict(error)) return true
  // A FATAL error ends the session, for example a refused sign-in or a dropped database.
  if (severity === 'FATAL' || severity === 'PANIC') return true
  if (severity !== undefined && code !== undefined) {
    return (
      unavailableStates.test(code) || (code === 'XX000' && lostNodeMessages.test(message ?? ''))
    )
  }
  if (code !== undefined && networkCodes.has(code)) return true
  return connectionMessages.test(message ?? '')
}

/** Whether PostgreSQL ended the statement because it took too long. It has changed nothing. */
export function isStatementTimeout(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return code === '57014' && /statement timeout/.test(message ?? '')
}

/** Whether the error is a lock timeout. The statement has changed nothing. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: string }).code === '55P03'
}

/**
 * Whether a background task failed for a reason of its own, such as a timeout of a lock or of its statement, so
 * that other tasks can continue. When the database is unavailable, they would fail too.
 */
export function isOwnFailure(error: unknown): boolean {
  return isLockTimeout(error) || isStatementTimeout(error) || !isDatabaseUnavailable(error)
}

/** The SQLSTATE by which a guard refuses a write of a merchant that is moving to another cell. */
const movingState = 'HM001'

/** Whether a write was refused because its merchant is moving to another cell. It has changed nothing. */
export function isMerchantMoving(error: unknown): boolean {
  return (error as { code?: string }).code === movingState
}

/** Whether PostgreSQL refused a statement by its content. The statement has changed nothing. */
export function isStatementRefused(error: unknown): boolean {
  const { severity } = error as { severity?: string }
  return severity === 'ERROR' && !isDatabaseUnavailable(error)
}

/** The parts of an error for the log. PostgreSQL's `detail` and `where` quote rows, so they are left out. */
export function describe(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code, constraint, routine } = error as {
    code?: string
    constraint?: string
    routine?: string
  }
  return { type: error.name, message: error.message, stack: error.stack, code, constraint, routine }
}
