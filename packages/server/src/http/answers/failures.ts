import type { FastifyBaseLogger, FastifyError } from 'fastify'
import { describe, isDatabaseUnavailable, isLockTimeout } from '../../database/errors.ts'
import { PoolFullError } from '../../database/hosts/bounded-pool.ts'
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
