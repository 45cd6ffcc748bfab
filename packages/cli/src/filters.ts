import type { PaymentStatus } from '@hedgepayments/node'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { paymentStatuses } from './words.ts'

/** What payments can be chosen by on the command line. */
export interface FilterOptions {
  readonly status?: readonly PaymentStatus[]
  readonly customerEmail?: string
  readonly customerId?: string
  readonly createdAfter?: string
  readonly createdBefore?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** Adds the options that choose payments; the same in lists and for many cancels. */
export function withFilters(command: Command): Command {
  return command
    .addOption(
      choices(
        new Option('--status <status>', 'of this status; several with commas, or repeated'),
        paymentStatuses,
      ),
    )
    .option('--customer-email <email>', 'of this customer, whatever the case of its letters')
    .option('--customer-id <id>', 'of this customer of yours')
    .option(
      '--created-after <time>',
      'made at or after: 2024-06-15, 2024-06-15T10:30:00Z, or an age like 24h or 7d',
      parseTime,
    )
    .option('--created-before <time>', 'made before (as above)', parseTime)
    .option('--metadata <key=value>', 'with this in its metadata; may be repeated', parsePair)
}

/** An option that takes several of some words, and says which. */
export function choices(option: Option, words: readonly string[]): Option {
  // For help and completion; the parser set after it takes commas as well.
  option.choices(words)
  option.argParser((value: string, previous: readonly string[] | undefined) => {
    const given = value.split(',').map((word) => word.trim())
    const unknown = given.find((word) => !words.includes(word))
    if (unknown !== undefined) {
      throw new InvalidArgumentError(`Expected one of ${words.join(', ')}.`)
    }
    return [...(previous ?? []), ...given]
  })
  return option
}

/** The filter as the API takes it; `undefined` where nothing was chosen. */
export function filterOf(options: FilterOptions) {
  const { createdAfter, createdBefore } = options
  const hasRange = createdAfter !== undefined || createdBefore !== undefined
  return {
    status: options.status,
    customer_email: options.customerEmail,
    customer_id: options.customerId,
    created_at: hasRange ? { gte: createdAfter, lt: createdBefore } : undefined,
    metadata: options.metadata,
  }
}

const secondsOf = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** A moment, or how long ago it was, as the API writes it. */
export function parseTime(value: string): string {
  const age = /^(\d{1,6})([smhd])$/.exec(value)
  if (age) {
    const seconds = Number(age[1]) * secondsOf[age[2] as keyof typeof secondsOf]
    return isoSeconds(Date.now() - seconds * 1_000)
  }
  // A date without a time is one in UTC, and so is a time without a zone.
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(value)
  const hasZone = /T.*(Z|[+-]\d{2}:\d{2})$/.test(value)
  const at = /^\d{4}-/.test(value)
    ? Date.parse(isDate || hasZone ? value : `${value}Z`)
    : Number.NaN
  if (Number.isNaN(at)) {
    throw new InvalidArgumentError('Expected 2024-06-15, 2024-06-15T10:30:00Z, or an age like 24h.')
  }
  return isoSeconds(at)
}

/** `key=value`, gathered with those before it. */
export function parsePair(
  value: string,
  previous: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const at = value.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Expected key=value.')
  return { ...previous, [value.slice(0, at)]: value.slice(at + 1) }
}

/** A whole number of minor units. */
export function parseAmount(value: string): number {
  if (/^\d{1,8}$/.test(value)) return Number(value)
  throw new InvalidArgumentError(
    'Expected a whole number of minor units: 9999 is 99.99 USD, or 9,999 JPY.',
  )
}

export function parseSeconds(value: string): number {
  if (/^\d{1,8}$/.test(value)) return Number(value)
  throw new InvalidArgumentError('Expected a whole number of seconds.')
}

function isoSeconds(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}
