import { decimalsOf } from './currencies.ts'

/** An amount of money in minor units of a currency (cents; the yen has none). */
export interface Money {
  readonly minor: number
  readonly currency: string
}

/** The contract's largest amount: 999,999.99 in a currency with two decimals. */
export const amountMinorMax = 99_999_999

/**
 * An amount in major units as a plain decimal: 999900 HUF is `9999.00`, 500 JPY is `500`. Exact,
 * because it moves digits and does not divide.
 *
 * @throws {RangeError} for a currency with unknown decimals, and if `minor` is not an integer.
 */
export function toDecimal({ minor, currency }: Money): string {
  const decimals = decimalsOf(currency)
  if (decimals === undefined) throw new RangeError(`${currency} has no known decimals`)
  const amount = BigInt(minor)
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals)
  return `${amount < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/**
 * An amount for a terminal or a page without a language: `9,999.00 HUF`, `500 JPY`. If the decimals of
 * the currency are unknown: `9999 minor units of XYZ`.
 */
export function formatWithCode(money: Money): string {
  if (decimalsOf(money.currency) === undefined) return inMinorUnits(money)
  const [whole = '', fraction] = toDecimal(money).split('.')
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
  return `${fraction === undefined ? grouped : `${grouped}.${fraction}`} ${money.currency}`
}

/**
 * An amount for people, with the signs and grouping of a language: `$99.99`, `1.234,56 €`. The
 * decimals are those of ISO 4217. Default of `locale`: that of the environment.
 */
export function formatMoney(money: Money, locale?: string): string {
  const decimals = decimalsOf(money.currency)
  if (decimals === undefined) return inMinorUnits(money)
  return formatOf(money.currency, { locale, decimals }).format(
    toDecimal(money) as Intl.StringNumericLiteral,
  )
}

/** An amount for an input field, without grouping: `9999.00`, `9999,00`. */
export function formatForInput(money: Money, locale?: string): string {
  if (decimalsOf(money.currency) === undefined) return String(money.minor)
  return toDecimal(money).replace('.', separatorsOf(money.currency, locale).decimal)
}

/** The decimal and grouping signs of a currency's amounts in a language. */
export function separatorsOf(
  currency: string,
  locale?: string,
): { readonly decimal: string; readonly group: string } {
  const parts = formatOf(currency, { locale, decimals: 2 }).formatToParts(1_234_567)
  const find = (type: string) => parts.find((part) => part.type === type)?.value
  const decimal = find('decimal') ?? '.'
  // Some countries write the currency's sign between units and hundredths: `20$00`.
  return { decimal: /^[.,٫]$/.test(decimal) ? decimal : '.', group: find('group') ?? '' }
}

const formats = new Map<string, Intl.NumberFormat>()

/** A format with explicit decimals. Without them, `Intl` would use those of CLDR. */
function formatOf(
  currency: string,
  { locale, decimals }: { locale: string | undefined; decimals: number },
): Intl.NumberFormat {
  const key = `${locale ?? ''} ${currency} ${decimals}`
  const cached = formats.get(key)
  if (cached) return cached
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  })
  formats.set(key, format)
  return format
}

function inMinorUnits({ minor, currency }: Money): string {
  return `${minor} minor units of ${currency}`
}
