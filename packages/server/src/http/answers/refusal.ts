import { type ErrorCode, type ErrorDetails, errors } from '@hedgepayments/contract'
import { holdsCardNumber } from '../../domain/card-number.ts'

/** An error answer. A value, not an exception, so that it can be stored and replayed. */
export interface Refusal {
  readonly refusal: true
  readonly code: ErrorCode
  readonly status: number
  readonly message: string
  readonly details: unknown
  /** Added to the headers of every answer. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Whether a result is a refusal. */
export function isRefusal(found: unknown): found is Refusal {
  return (found as Partial<Refusal> | null | undefined)?.refusal === true
}

/** Makes a refusal. `details` are typed by the code's entry in the registry of errors. */
export function refuse<C extends ErrorCode>(
  code: C,
  message: string,
  ...[details]: ErrorDetails<C> extends undefined ? [] : [details: ErrorDetails<C>]
): Refusal {
  return { refusal: true, code, status: errors[code].status, message, details }
}

/** The body of every error answer. Source: `errorAnswer` in the contract. */
export function errorBody(refusal: Refusal): object {
  const { code, message, details } = refusal
  return { error: details === undefined ? { code, message } : { code, message, details } }
}

/** Carries a refusal out of a callback that cannot return it. */
export class RefusalError extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.message)
    this.name = 'RefusalError'
    this.refusal = refusal
  }
}

/** A 400 that names a field, its value (shortened) and what was expected. */
export function refuseField(named: string, received: unknown, expected: string): Refusal {
  const field = nameOf(named)
  return refuse('invalid_request', `Invalid ${field}: expected ${expected}.`, {
    field,
    received: shorten(received),
    expected,
  })
}

/**
 * A 400 that names the `id` of a stored object. The server has made this id, so the answer shows it
 * even if its digits could be a card number: `refuseField` would hide it.
 */
export function refuseStoredId(id: string, expected: string): Refusal {
  return refuse('invalid_request', `Invalid id: expected ${expected}.`, {
    field: 'id',
    received: JSON.stringify(id),
    expected,
  })
}

/** The name of an unknown or repeated field comes from the caller, so it is shortened too. */
function nameOf(field: string): string {
  const shown = field.toWellFormed().slice(0, 200)
  return holdsCardNumber(shown) ? hidden : shown
}

/** Replaces a possible card number. It may be in any field, and no answer repeats it. */
const hidden = '(digits that may be the number of a card)'

/** A value as JSON, at most 100 characters long and without card numbers. */
export function shorten(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  const json = JSON.stringify(value) ?? typeof value
  // More characters than are shown: part of a card number could be at the end of those.
  if (holdsCardNumber(json.slice(0, 200))) return hidden
  const printable = json.toWellFormed()
  return printable.length <= 100 ? printable : `${printable.slice(0, 97).toWellFormed()}…`
}
