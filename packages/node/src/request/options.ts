import { findWrongName, invalidArgument, isObject, kindOf } from '../arguments.ts'
import type { RequestOptions } from '../types/options.ts'

const names: readonly (keyof RequestOptions)[] = [
  'idempotencyKey',
  'signal',
  'timeout',
  'maxRetries',
  'headers',
  'ifMatch',
]

/** The checked options of one call. `timeout` and `maxRetries` are checked with those of the client. */
export interface CheckedOptions extends RequestOptions {
  signal: AbortSignal | undefined
}

/**
 * Checks the options of one call, before anything is sent.
 *
 * @throws {InvalidArgumentError} that names the option, what came and what was expected.
 */
export function checkOptions(options: RequestOptions | undefined): CheckedOptions {
  if (options === undefined) return { signal: undefined }
  const wrong = findWrongName(options, names)
  if (wrong !== undefined) throw invalidArgument(wrong)
  // It has no property of its own, so it would be ignored.
  if (isSignal(options)) throw invalidArgument('the options are an AbortSignal: pass { signal }')
  checkText('idempotencyKey', options.idempotencyKey)
  checkText('ifMatch', options.ifMatch)
  checkHeaders(options.headers)
  // Not a spread, which would lose inherited options.
  const { idempotencyKey, timeout, maxRetries, headers, ifMatch } = options
  const signal = checkSignal(options.signal)
  return { idempotencyKey, signal, timeout, maxRetries, headers, ifMatch }
}

/**
 * Checks a signal. `null` means no signal, as for `fetch`. A signal of another realm or of a polyfill
 * fails `instanceof`, so the check is by what the SDK uses.
 *
 * @throws {InvalidArgumentError}
 */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined
  if (isSignal(signal)) return signal
  const isController = isObject(signal) && isSignal(signal.signal)
  const hint = isController ? ': pass its property signal' : ''
  throw invalidArgument(`signal must be an AbortSignal, but got ${kindOf(signal)}${hint}`)
}

/** Checks the parameters of a call. @throws {InvalidArgumentError} */
export function checkParams(params: unknown): void {
  if (params === undefined || isObject(params)) return
  throw invalidArgument(`the parameters must be an object, but got ${kindOf(params)}`)
}

function isSignal(value: unknown): value is AbortSignal {
  return (
    isObject(value) &&
    typeof value.aborted === 'boolean' &&
    typeof value.addEventListener === 'function' &&
    typeof value.removeEventListener === 'function'
  )
}

function checkText(name: string, value: unknown): void {
  if (value === undefined || value === null || typeof value === 'string') return
  throw invalidArgument(`${name} must be a string, but got ${kindOf(value)}`)
}

function checkHeaders(headers: unknown): void {
  if (headers === undefined || headers === null) return
  // The names of a `Headers` or a Map are not properties, so they would be ignored.
  if (!isObject(headers) || Symbol.iterator in headers) {
    throw invalidArgument(
      `headers must be an object with names and values as strings, but got ${kindOf(headers)}`,
    )
  }
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') continue
    throw invalidArgument(`the header ${name} must be a string, but got ${kindOf(value)}`)
  }
}
