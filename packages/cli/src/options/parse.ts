import { amountMinorMax } from '@hedgepayments/contract/amounts'
import { InvalidArgumentError } from 'commander'

const secondsOf = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** An ISO 8601 timestamp in UTC, or seconds from now. They are negative for an age. */
export type GivenTime = { readonly at: string } | { readonly secondsFromNow: number }

/** Parses a time, or an age (`24h`). */
export function parseTime(value: string): GivenTime {
  const age = secondsOfText(value)
  if (age !== undefined) return { secondsFromNow: -age }
  const at = timestampOf(value)
  if (at !== undefined) return { at: isoSeconds(at) }
  throw new InvalidArgumentError('Expected 2024-06-15, 2024-06-15T10:30:00Z, or an age like 24h.')
}

/** Parses a time, or a duration from now (`2h`). */
export function parseDeadline(value: string): GivenTime {
  const secondsFromNow = secondsOfText(value)
  if (secondsFromNow !== undefined) return { secondsFromNow }
  const at = timestampOf(value)
  if (at !== undefined) return { at: isoSeconds(at) }
  throw new InvalidArgumentError('Expected 2030-01-01, 2030-01-01T10:30:00Z, or a time like 2h.')
}

/** The timestamp of a time. `nowMs` is in Unix milliseconds. Default: the real time. */
export function resolveTime(given: GivenTime, nowMs: number = Date.now()): string {
  return 'at' in given ? given.at : isoSeconds(nowMs + given.secondsFromNow * 1_000)
}

/** The seconds of `90s`, `30m`, `24h` or `7d`. */
function secondsOfText(value: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(value) ?? []
  return unit === undefined ? undefined : Number(count) * secondsOf[unit as keyof typeof secondsOf]
}

/** Unix milliseconds. A date without a time, and a time without a zone, are in UTC. */
function timestampOf(value: string): number | undefined {
  if (!/^\d{4}-/.test(value)) return undefined
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(value)
  const hasZone = /T.*(Z|[+-]\d{2}:\d{2})$/.test(value)
  const at = Date.parse(isDate || hasZone ? value : `${value}Z`)
  return Number.isNaN(at) ? undefined : at
}

/** Refuses an empty text, which is usually a shell variable without a value. */
export function parseText(value: string): string {
  if (value.trim() !== '') return value
  throw new InvalidArgumentError('Expected a text that is not empty.')
}

/** Adds a text to those of an option that is repeated. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), parseText(value)]
}

/** Parses `key=value` and adds it to the earlier pairs. */
export function parsePair(
  value: string,
  previous: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const at = value.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Expected key=value.')
  return { ...previous, [value.slice(0, at)]: value.slice(at + 1) }
}

/** Parses a whole number of minor units, up to the API's limit. */
export function parseAmount(value: string): number {
  if (/^\d+$/.test(value)) {
    if (Number(value) <= amountMinorMax) return Number(value)
    throw new InvalidArgumentError(`Expected at most ${amountMinorMax} minor units.`)
  }
  throw new InvalidArgumentError(
    'Expected a whole number of minor units: 9999 is 99.99 USD, or 9,999 JPY.',
  )
}

/** Parses a number of seconds, or a time like `90s`, `30m`, `24h` or `7d`, to seconds. */
export function parseSeconds(value: string): number {
  // Long enough for every time. The API names its limit.
  const seconds = /^\d{1,15}$/.test(value) ? Number(value) : secondsOfText(value)
  if (seconds !== undefined) return seconds
  throw new InvalidArgumentError(
    'Expected a whole number of seconds, or a time like 30m, 24h or 7d.',
  )
}

/** Parses a whole number that is not zero. */
export function parseCount(value: string): number {
  const count = /^[0-9]{1,6}$/.test(value) ? Number(value) : 0
  if (count === 0) throw new InvalidArgumentError('Expected a whole number from 1 to 999999.')
  return count
}

/** More items than a terminal, or a program that reads one JSON document, can use. */
const listLimitMax = 100_000

/** Parses the maximum length of a list. */
export function parseLimit(value: string): number {
  const limit = Number(value)
  if (/^\d{1,6}$/.test(value) && limit >= 1 && limit <= listLimitMax) return limit
  throw new InvalidArgumentError(`Expected a number from 1 to ${listLimitMax}.`)
}

function isoSeconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}
