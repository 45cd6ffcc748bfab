import { findWrongName, invalidArgument, kindOf } from '../arguments.ts'
import { checkOptions, checkSignal } from '../request/options.ts'
import type { EventStreamParams } from '../types/events.ts'
import type { RequestOptions } from '../types/options.ts'

const names: readonly (keyof EventStreamParams)[] = [
  'type',
  'payment_id',
  'lastEventId',
  'signal',
  'onConnect',
  'onDisconnect',
]

/** The checked arguments of a stream. */
export interface StreamCall {
  params: EventStreamParams
  /** The options of each request, without their signal. */
  options: RequestOptions
  /** Each of them ends the stream. */
  signals: readonly AbortSignal[]
}

/**
 * Checks the arguments of a stream, before anything is sent.
 *
 * @throws {InvalidArgumentError} that names the argument, what came and what was expected.
 */
export function checkStream(
  params: EventStreamParams,
  given: RequestOptions | undefined,
): StreamCall {
  const wrong = findWrongName(params, names)
  if (wrong !== undefined) throw invalidArgument(wrong)
  checkType('lastEventId', params.lastEventId, 'string')
  checkType('onConnect', params.onConnect, 'function')
  checkType('onDisconnect', params.onDisconnect, 'function')
  const { signal, ...options } = checkOptions(given)
  const signals = [checkSignal(params.signal), signal].filter((one) => one !== undefined)
  return { params, options, signals }
}

function checkType(name: string, value: unknown, expected: 'string' | 'function'): void {
  if (value === undefined || value === null || typeof value === expected) return
  throw invalidArgument(`${name} must be a ${expected}, but got ${kindOf(value)}`)
}
