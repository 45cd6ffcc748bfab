import {
  HedgeError,
  PaymentNotCancelableError,
  PaymentNotCapturableError,
  PaymentNotRefundableError,
} from '@hedgepayments/node'
import { CliError, exitCodeOf } from '../exit-codes.ts'
import { toJson } from './json.ts'
import { harmless, paint, say } from './terminal.ts'

/** Prints an error on standard error and sets the exit code. */
export function reportError(error: unknown, options: { json: boolean }): void {
  process.exitCode = exitCodeOf(error)
  printError(error, options)
}

/** Prints an error on standard error. With `isNamed`, its message for people begins with the id. */
export function printError(
  error: unknown,
  { json, paymentId, isNamed }: { json: boolean; paymentId?: string; isNamed?: boolean },
): void {
  const facts = { ...factsOf(error), payment_id: paymentId }
  if (json) {
    say(toJson({ error: facts }))
    return
  }
  const label = paint('red', 'error:', process.stderr)
  const names = [facts.code, facts.request_id && `request ${facts.request_id}`].filter(Boolean)
  const isMissing = isNamed && paymentId && !facts.message.includes(paymentId)
  const message = isMissing ? `${paymentId}: ${facts.message}` : facts.message
  say(`${label} ${harmless(`${message}${names.length ? ` (${names.join(', ')})` : ''}`)}`)
  const hint = facts.hint ?? hintFor(error)
  for (const line of hint?.split('\n') ?? []) say(paint('dim', harmless(line), process.stderr))
}

interface ErrorFacts {
  readonly code: string
  readonly message: string
  readonly status?: number | undefined
  readonly request_id?: string | undefined
  readonly details?: unknown
  readonly hint?: string | undefined
}

/** The printable parts of an error. Contains no stack and no secret. */
export function factsOf(error: unknown): ErrorFacts {
  if (error instanceof HedgeError) {
    const { code, status, requestId, details } = error
    // The runtime's "fetch failed" adds no information.
    const message = withoutSecrets(error.message.replace('fetch failed, ', ''))
    return { code, message, status, request_id: requestId, details }
  }
  const code = (error as { code?: unknown } | null)?.code
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: typeof code === 'string' ? code : 'error',
    message: withoutSecrets(message || 'An error without a message.'),
    hint: error instanceof CliError ? error.hint : undefined,
  }
}

/** Removes secret keys, and the passwords of URLs, from a text. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/\b((?:sk|rk)_(?:test|live)_|whsec_)[\w+/=-]+/g, '$1…')
    .replace(/(\w:\/\/[^:/@\s]*):[^@/\s]*@/g, '$1:…@')
}

function hintFor(error: unknown): string | null {
  if (error instanceof PaymentNotCancelableError) {
    const { current_status: status, payment_id: id } = error.details
    if (status === 'succeeded' || status === 'partially_refunded') {
      return `hint: refund it: hedge payments refund ${id}`
    }
    if (status === 'processing')
      return `hint: reverse it as soon as possible: hedge payments reverse ${id}`
  }
  if (error instanceof PaymentNotCapturableError && error.details.current_status === 'pending') {
    return `hint: initiate it first: hedge payments initiate ${error.details.payment_id}`
  }
  if (error instanceof PaymentNotRefundableError) {
    const { current_status: status, payment_id: id } = error.details
    if (status === 'pending' || status === 'initiated')
      return `hint: cancel it: hedge payments cancel ${id}`
  }
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'connection_failed') return 'hint: is the server running? Check with: hedge doctor'
  if (code === 'unauthorized') return 'hint: see which key is used: --verbose, or hedge doctor'
  return null
}
