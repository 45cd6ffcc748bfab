import { invalidArgument, kindOf } from '../arguments.ts'
import { InvalidArgumentError } from '../errors.ts'
import { isDate } from '../realm.ts'

/** A value of a query parameter: one value, a list, or names with values (`created_at[gte]`). */
export type QueryValue = Scalar | readonly Scalar[] | Readonly<Record<string, Scalar>>

type Scalar = string | number | boolean | Date | null | undefined

/** `['payments', id, 'cancel']` → `/v1/payments/pay_abc123xyz/cancel`; encodes each part. */
export function pathOf(parts: readonly string[]): string {
  return `/v1/${parts.map(encodeSegment).join('/')}`
}

/**
 * The query string, with its `?`, in the API's form: `created_at[gte]=…`, `metadata[key]=…`, and
 * `status=a&status=b` for a list. Leaves out `undefined` and `null`.
 *
 * @throws {InvalidArgumentError} for an empty list, which would match everything.
 */
export function queryOf(params: object): string {
  const pairs: string[] = []
  const add = (name: string, value: Scalar) => {
    if (value === undefined || value === null) return
    pairs.push(`${name}=${encode(isDate(value) ? isoTime(value) : String(value))}`)
  }
  for (const [name, value] of Object.entries(params) as [string, QueryValue][]) {
    if (isList(value)) {
      if (value.length === 0)
        throw invalidArgument(`${name} is an empty list, which would match everything`)
      for (const item of value) add(encode(name), item)
    } else if (typeof value === 'object' && value !== null && !isDate(value)) {
      for (const [key, item] of Object.entries(value)) add(`${encode(name)}[${encode(key)}]`, item)
    } else {
      add(encode(name), value)
    }
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** The JSON of a request's body. @throws {InvalidArgumentError} if JSON cannot express it. */
export function jsonOf(body: object): string {
  try {
    return JSON.stringify(body, function (this: Record<string, unknown>, key, value: unknown) {
      // JSON.stringify has already converted a Date to a string, and an invalid Date to `null`.
      const original = this[key]
      return isDate(original) ? isoTime(original) : value
    })
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error
    throw invalidArgument(`the parameters cannot be written as JSON: ${String(error)}`)
  }
}

function isoTime(time: Date): string {
  if (Number.isNaN(time.getTime())) throw invalidArgument('an invalid Date cannot be sent')
  return time.toISOString().replace('.000Z', 'Z')
}

function encodeSegment(part: string): string {
  if (part === undefined || part === null || part === '') {
    throw invalidArgument('the id is missing: it must be a non-empty string')
  }
  if (typeof part !== 'string') {
    throw invalidArgument(`the id must be a non-empty string, but got ${kindOf(part)}`)
  }
  // `fetch` resolves `.` and `..`, so the request would reach another path.
  if (part === '.' || part === '..') throw invalidArgument(`'${part}' is not an id`)
  return encode(part)
}

function encode(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    throw invalidArgument('a lone surrogate cannot be sent')
  }
}

function isList(value: QueryValue): value is readonly Scalar[] {
  return Array.isArray(value)
}
