import type { ReadAnswer } from '../attempt/attempt.ts'
import { ConnectionError, type HedgeError, ServerError } from '../errors.ts'
import type { LogFields, Logger } from '../types/options.ts'

/**
 * Logs one attempt: `warn` if it is retried, `error` if the server or the network failed for good,
 * `info` for a refusal, `debug` for a success. Errors of the logger are ignored.
 */
export function logAttempt(
  logger: Logger,
  facts: {
    method: string
    path: string
    attempt: number
    durationMs: number
    result: ReadAnswer | HedgeError
    delayMs: number | undefined
  },
): void {
  const { method, path, attempt, durationMs, result, delayMs } = facts
  const isError = result instanceof Error
  const fields: LogFields = {
    method,
    path,
    attempt,
    durationMs,
    status: result.status,
    code: isError ? result.code : undefined,
    requestId: isError ? result.requestId : (result.headers.get('x-request-id') ?? undefined),
    retryInMs: delayMs,
  }
  try {
    logger[levelOf(result, delayMs)]?.(sentence(fields), fields)
  } catch {
    // An error of the logger must not fail a payment.
  }
}

function levelOf(result: ReadAnswer | HedgeError, delayMs: number | undefined): keyof Logger {
  if (!(result instanceof Error)) return 'debug'
  if (delayMs !== undefined) return 'warn'
  return result instanceof ServerError || result instanceof ConnectionError ? 'error' : 'info'
}

function sentence(fields: LogFields): string {
  const outcome = [fields.status, fields.code].filter((part) => part !== undefined).join(' ')
  const retry = fields.retryInMs === undefined ? '' : `, retry in ${fields.retryInMs} ms`
  const { method, path, durationMs, attempt } = fields
  return `${method} ${path} ${outcome} in ${durationMs} ms (attempt ${attempt}${retry})`
}
