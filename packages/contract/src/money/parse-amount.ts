import { separatorsOf } from './amounts.ts'
import { decimalsOf } from './currencies.ts'

/** Why a text is not an amount of a currency. */
export type AmountProblem =
  | 'empty'
  | 'not_a_number'
  | 'negative'
  | 'too_many_decimals'
  /** `1,234` of a currency with three decimals: the comma may be a grouping or a decimal sign. */
  | 'ambiguous'
  | 'too_large'
  | 'unknown_currency'

export type ParsedAmount = { readonly minor: number } | { readonly problem: AmountProblem }

/** A limit on the digits, so that parsing stays fast. */
const digitsMax = 40

/**
 * Parses an amount in major units as people type it: `5000`, `5,000.00`, `5.000,00`, `5 000,00`,
 * `5’000.00`, in the digits of any common script. Never rounds and never guesses: a text with two
 * meanings is refused, unless the language decides. Default of `locale`: that of the environment.
 */
export function parseAmount(
  text: string,
  { currency, locale }: { currency: string; locale?: string | undefined },
): ParsedAmount {
  const decimals = decimalsOf(currency)
  if (decimals === undefined) return { problem: 'unknown_currency' }
  const typed = toAscii(text)
  if (typed === '') return { problem: 'empty' }
  const number = typed.replace(/^[-+]\s?/, '')
  const read = readNumber(number, { decimals, ...separatorsOf(currency, locale) })
  if ('problem' in read) return read
  if (typed.startsWith('-')) return { problem: 'negative' }
  const minor = BigInt(read.whole + read.fraction.padEnd(decimals, '0'))
  if (minor > BigInt(Number.MAX_SAFE_INTEGER)) return { problem: 'too_large' }
  return { minor: Number(minor) }
}

interface Decimal {
  readonly whole: string
  readonly fraction: string
}

function readNumber(
  number: string,
  signs: { decimals: number; decimal: string; group: string },
): Decimal | { problem: AmountProblem } {
  if (!/^\d+(?:[.,٫٬'’ ]\d+)*$/.test(number)) return { problem: 'not_a_number' }
  if (number.replaceAll(/\D/g, '').length > digitsMax) return { problem: 'too_large' }
  const parts = number.split(/\D/)
  const between = [...number.replaceAll(/\d/g, '')]
  const decimal = asDecimal(parts, between)
  const grouped = asGrouped(parts, between)
  if (!decimal) return grouped ?? { problem: 'not_a_number' }
  const fits = decimal.fraction.length <= signs.decimals
  const [sign] = between
  if (grouped && sign === signs.group) {
    return fits ? { problem: 'ambiguous' } : grouped
  }
  return fits ? decimal : { problem: 'too_many_decimals' }
}

/** Reads the last sign as the decimal sign, and all earlier signs as grouping signs. */
function asDecimal(parts: readonly string[], between: readonly string[]): Decimal | null {
  const last = between.at(-1)
  if (last === undefined || !/[.,٫]/.test(last)) return null
  const before = between.slice(0, -1)
  if (before.includes(last)) return null
  const whole = asGrouped(parts.slice(0, -1), before)
  return whole && { whole: whole.whole, fraction: parts.at(-1) ?? '' }
}

/** Reads all signs as equal grouping signs: groups of three, or of two before the last three (India). */
function asGrouped(parts: readonly string[], between: readonly string[]): Decimal | null {
  const number = { whole: parts.join(''), fraction: '' }
  if (between.length === 0) return number
  if (new Set(between).size > 1 || between[0] === '٫') return null
  const shape = parts.map((part) => part.length).join('')
  const isGrouped = /^[123]3+$/.test(shape) || /^[12]2*3$/.test(shape)
  return isGrouped && !parts[0]?.startsWith('0') ? number : null
}

/** The digit zero of other scripts. The digits 1 to 9 follow it. */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0xff10]

/** Replaces digits, hyphens and spaces by their ASCII forms. Removes direction marks. */
function toAscii(text: string): string {
  return text
    .replaceAll(/[\u200e\u200f\u061c]/g, '')
    .replaceAll(/\s/g, ' ')
    .replaceAll(/[−–‐‑﹣－]/g, '-')
    .replaceAll(/[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\uff10-\uff19]/g, (digit) => {
      const code = digit.charCodeAt(0)
      const zero = zeros.find((first) => code >= first && code <= first + 9) ?? code
      return String(code - zero)
    })
    .trim()
}
