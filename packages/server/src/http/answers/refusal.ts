import { type ErrorCode, type ErrorDetails, errors } from '@hedgepayments/contract'
import { holdsCardNumber } from '../../domain/card-number.ts'

/** An answer that says no. A value, not an exception: it can be stored and told again. */
export interface Refusal {
  readonly refusal: true
  readonly code: ErrorCode
  readonly status: number
  readonly message: string
  readonly details: unknown
  /** Headers beyond those of every answer. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Whether something is a refusal rather than what was asked for. */
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

/** The one form of every error answer. Source: api.md, Conventions. */
export function errorBody(refusal: Refusal): object {
  const { code, message, details } = refusal
  return { error: details === undefined ? { code, message } : { code, message, details } }
}

/** For the few places where a refusal must leave a callback that cannot return it. */
export class RefusalError extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.message)
    this.name = 'RefusalError'
    this.refusal = refusal
  }
}

/** A refusal that names a field: what came and what was expected. */
export function refuseField(named: string, received: unknown, expected: string): Refusal {
  const field = nameOf(named)
  return refuse('invalid_request', `Invalid ${field}: expected ${expected}.`, {
    field,
    received: shorten(received),
    expected,
  })
}

/** Names come from the caller too, where a field is unknown or repeated. */
function nameOf(field: string): string {
  const shown = field.toWellFormed().slice(0, 200)
  return holdsCardNumber(shown) ? hidden : shown
}

/** Stands for what may be the number of a card: it may come in any field, and no answer repeats it. */
const hidden = '(digits that may be the number of a card)'

/** What came, as JSON, short enough to be read and never the whole of a hostile input. */
export function shorten(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  const json = JSON.stringify(value) ?? typeof value
  // Some more than is shown: a number at the end of it would be shown in part.
  if (holdsCardNumber(json.slice(0, 200))) return hidden
  const printable = json.toWellFormed()
  return printable.length <= 100 ? printable : `${printable.slice(0, 97).toWellFormed()}…`
}
