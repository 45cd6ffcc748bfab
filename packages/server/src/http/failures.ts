import type { FastifyBaseLogger, FastifyError } from 'fastify'
import { PoolFullError } from '../database/bounded-pool.ts'
import { DatabaseUnreachableError } from '../database/unreachable.ts'
import { type Refusal, RefusalError, refuse, refuseField } from './refusal.ts'

/** Turns whatever was thrown into an answer; what is not the caller's doing is logged. */
export function refusalOf(error: unknown, log: FastifyBaseLogger): Refusal {
  if (error instanceof RefusalError) return error.refusal
  if (isHangUp(error)) return refuseField('body', 'a part of it', 'the whole body')
  const known = knownRefusals.get((error as Partial<FastifyError>).code ?? '')
  if (known) return known
  if (error instanceof PoolFullError) return unavailable('Too many statements wait. Try again.')
  if (isLockTimeout(error)) {
    log.warn({ err: describe(error) }, 'a lock was waited for in vain')
    return unavailable('What this would change is locked. Try again: nothing was done.')
  }
  if (isDatabaseUnavailable(error)) {
    log.error({ err: describe(error) }, 'the database is not available')
    return unavailable('The database is not available. Try again.')
  }
  log.error({ err: describe(error) }, 'a request failed')
  return refuse('internal_error', 'Something went wrong on our side.')
}

const knownRefusals: ReadonlyMap<string, Refusal> = new Map([
  // A file's name with a NUL, or with dots that would lead out of the folder: there is no such file.
  ['FST_STATIC_FORBIDDEN_PATH', refuse('not_found', 'There is no such path.')],
  [
    'FST_ERR_CTP_BODY_TOO_LARGE',
    refuse('payload_too_large', 'The body is larger than this path takes.'),
  ],
  [
    'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    refuse('unsupported_media_type', 'Expected the content type application/json.'),
  ],
  [
    'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
    refuseField('Content-Length', 'another number of bytes', 'the length of the body'),
  ],
])

/** 503 with the wait that fits a passing fault. */
export function unavailable(message: string): Refusal {
  return { ...refuse('service_unavailable', message), headers: { 'retry-after': '1' } }
}

/** The caller hung up in the middle of its body: nobody is left to read the answer. */
function isHangUp(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return code === 'ECONNRESET' && message === 'aborted'
}

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
