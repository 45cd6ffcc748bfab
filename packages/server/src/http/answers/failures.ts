import type { FastifyBaseLogger, FastifyError } from 'fastify'
import {
  describe,
  isDatabaseUnavailable,
  isLockTimeout,
  isMerchantMoving,
  isStatementTimeout,
} from '../../database/errors.ts'
import { PoolFullError } from '../../database/hosts/bounded-pool.ts'
import { BatcherFullError } from '../../jobs/batcher.ts'
import { type Refusal, RefusalError, refuse, refuseField } from './refusal.ts'

/** Turns an error that was thrown into an answer, and logs it unless the caller caused it. */
export function refusalOf(error: unknown, log: FastifyBaseLogger): Refusal {
  if (error instanceof RefusalError) return error.refusal
  if (isHangUp(error)) return refuseField('body', 'a part of it', 'the whole body')
  const byCode = refusalsByCode.get((error as Partial<FastifyError>).code ?? '')
  if (byCode) return byCode
  if (error instanceof PoolFullError || error instanceof BatcherFullError)
    return unavailable('Too many requests wait for the database. Try again.')
  if (isMerchantMoving(error)) return merchantMoving()
  if (isLockTimeout(error)) {
    log.warn({ err: describe(error) }, 'lock timeout')
    return unavailable(
      'An object that this request would change is locked. Try again: nothing was done.',
    )
  }
  if (isStatementTimeout(error)) {
    log.warn({ err: describe(error) }, 'statement timeout')
    return unavailable(
      'This request took too long in the database. If it is a list, narrow its filter, for example by created_at.',
    )
  }
  if (isDatabaseUnavailable(error)) {
    log.error({ err: describe(error) }, 'the database is not available')
    return unavailable('The database is not available. Try again.')
  }
  log.error({ err: describe(error) }, 'a request failed')
  return refuse('internal_error', 'Something went wrong on our side.')
}

const refusalsByCode: ReadonlyMap<string, Refusal> = new Map([
  [
    'FST_ERR_CTP_BODY_TOO_LARGE',
    refuse('payload_too_large', 'The body is larger than this path accepts.'),
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

/** A 503 for a temporary fault: the client may retry after a second. */
export function unavailable(message: string): Refusal {
  return { ...refuse('service_unavailable', message), headers: { 'retry-after': '1' } }
}

/**
 * The 503 of a merchant that is moving to another cell. A request that was in progress may have reached the
 * processor: its payment is in the other cell, where the same idempotency key finds it.
 */
export function merchantMoving(): Refusal {
  const message =
    'The merchant is moving to another cell. Try again after a second, with the same idempotency key.'
  return { ...refuse('merchant_moving', message), headers: { 'retry-after': '1' } }
}

/** The client closed the connection before the end of its body. It cannot read the answer. */
function isHangUp(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return code === 'ECONNRESET' && message === 'aborted'
}
