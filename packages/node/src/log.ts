import type { ReadAnswer } from './attempt.ts'
import { ConnectionError, type HedgeError, ServerError } from './errors.ts'
import type { LogFields, Logger } from './types/options.ts'

/**
 * Notes one attempt: `warn` when it is going to be repeated, `error` when the server or the network
 * failed for good, `info` for a refusal, `debug` for a success. A logger that throws changes nothing.
 */
export function note(
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
    // A payment does not fail because a log does.
  }
}

function levelOf(result: ReadAnswer | HedgeError, delayMs: number | undefined): keyof Logger {
  if (!(result instanceof Error)) return 'debug'
  if (delayMs !== undefined) return 'warn'
  return result instanceof ServerError || result instanceof ConnectionError ? 'error' : 'info'
}

function sentence(fields: LogFields): string {
  const outcome = [fields.status, fields.code].filter((part) => part !== undefined).join(' ')
  const retry = fields.retryInMs === undefined ? '' : `, again in ${fields.retryInMs} ms`
  const { method, path, durationMs, attempt } = fields
  return `${method} ${path} ${outcome} in ${durationMs} ms (attempt ${attempt}${retry})`
}
