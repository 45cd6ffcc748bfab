import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { isoDecimals, locales, sample } from '../../../../tests/support/locales/iso-4217.ts'
import { isLongRun, size } from '../../../../tests/support/size.ts'
import { currencies, decimalsOf } from './currencies.ts'

const all = [...currencies]
/** `npm test` tries a third of the languages, with digits of all kinds. */
const shownLocales = locales.filter((_, n) => isLongRun || n % 3 === 0)
const anyMinor = fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 })
const intl = Intl.NumberFormat
const { resolvedOptions } = Intl.NumberFormat.prototype
const numberToText = Number.prototype.toLocaleString

afterEach(() => {
  Intl.NumberFormat = intl
  Intl.NumberFormat.prototype.resolvedOptions = resolvedOptions
  Number.prototype.toLocaleString = numberToText
})

describe('the table of currencies', () => {
  test('has every active code with a minor unit, and its decimals by ISO 4217', () => {
    expect(all).toHaveLength(165)
    expect(all).toEqual(all.filter((code) => /^[A-Z]{3}$/.test(code)).sort())
    expect(all.map((code) => [code, decimalsOf(code)])).toEqual(
      all.map((code) => [code, isoDecimals(code)]),
    )
  })

  test.each(['XAU', 'XAG', 'XDR', 'XTS', 'XSU', 'XUA', 'HRK', 'usd', 'uſd', ''])(
    'has no decimals for %s that an amount could use',
    (code) => {
      expect(decimalsOf(code)).toBeUndefined()
    },
  )
})

describe.each([
  ['as this environment has it', async () => undefined],
  // Vitest runs the module again after resetModules.
  [
    'with currencies of one decimal in Intl',
    () => import('../../../../tests/support/locales/foreign-cldr.js'),
  ],
])('an amount, %s', (_, prepare) => {
  async function load() {
    vi.resetModules()
    await prepare()
    return await import('./amounts.ts')
  }

  test('has the decimals of its currency in every language', async () => {
    const { formatMoney, formatWithCode, formatForInput } = await load()
    for (const currency of all) {
      const money = { minor: sample.minor, currency }
      expect(formatWithCode(money)).toBe(`${sample.written(currency)} ${currency}`)
      expect(formatMoney(money, 'en-US'), currency).toContain(sample.written(currency))
      expect(formatForInput(money, 'en-US')).toBe(sample.written(currency).replaceAll(',', ''))
      for (const locale of shownLocales) {
        const shown = formatMoney({ minor: 1, currency }, locale).match(/\p{Nd}/gu) ?? []
        expect(shown, `${currency} in ${locale}`).toHaveLength(isoDecimals(currency) + 1)
      }
    }
  })

  test.each([
    [999_900, 'HUF', 'en-US', 'HUF 9,999.00'],
    [999_900, 'HUF', 'hu-HU', '9999,00 Ft'],
    [999_900, 'IDR', 'en-US', 'IDR 9,999.00'],
    [999_900, 'PKR', 'en-US', 'PKR 9,999.00'],
    [9_999, 'USD', 'en-US', '$99.99'],
    [-9_999, 'USD', 'en-US', '-$99.99'],
    [123_456, 'EUR', 'de-DE', '1.234,56 €'],
    [5_000, 'JPY', 'en-US', '¥5,000'],
    [1_234, 'KWD', 'en-US', 'KWD 1.234'],
    [5, 'CLF', 'en-US', 'CLF 0.0005'],
    [12_345_678_900, 'INR', 'en-IN', '₹12,34,56,789.00'],
  ])('%i minor units of %s in %s are %s', async (minor, currency, locale, text) => {
    const { formatMoney } = await load()
    expect(formatMoney({ minor, currency }, locale).replaceAll(/\s/g, ' ')).toBe(text)
  })
})

describe('an amount', () => {
  test('is written exactly, however large', async () => {
    const { formatMoney, toDecimal } = await import('./amounts.ts')
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(...all), (minor, currency) => {
        const decimal = toDecimal({ minor, currency })
        expect(BigInt(decimal.replace('.', ''))).toBe(BigInt(minor))
        expect(decimal.split('.')[1]?.length ?? 0).toBe(isoDecimals(currency))
        const digits = formatMoney({ minor, currency }, 'en-US').replaceAll(/\D/g, '')
        expect(digits).toBe(decimal.replaceAll(/\D/g, ''))
      }),
    )
    expect(toDecimal({ minor: -5, currency: 'USD' })).toBe('-0.05')
    expect(() => toDecimal({ minor: 0.5, currency: 'USD' })).toThrow(RangeError)
  })

  test('of an unknown currency is shown in minor units', async () => {
    const { formatMoney, formatWithCode, formatForInput } = await import('./amounts.ts')
    const money = { minor: 9_999, currency: 'ZZZ' }
    expect(formatMoney(money)).toBe('9999 minor units of ZZZ')
    expect(formatWithCode(money)).toBe('9999 minor units of ZZZ')
    expect(formatForInput(money)).toBe('9999')
  })
})

describe('a formatted amount', () => {
  test('is parsed back to the same amount, in every language and currency', async () => {
    const { formatForInput, formatMoney, formatWithCode } = await import('./amounts.ts')
    const { parseAmount } = await import('./parse-amount.ts')
    fc.assert(
      fc.property(
        anyMinor.map(Math.abs),
        fc.constantFrom(...all),
        fc.constantFrom(...locales),
        (minor, currency, locale) => {
          const money = { minor, currency }
          const read = (text: string, from = locale) =>
            parseAmount(text, { currency, locale: from })
          expect(read(formatForInput(money, locale))).toEqual({ minor })
          expect(read(formatWithCode(money).slice(0, -4), 'en-US')).toEqual({ minor })
          const number = /\p{Nd}.*\p{Nd}|\p{Nd}/u.exec(formatMoney(money, locale))?.[0] ?? ''
          // Cape Verde writes the currency's sign between units and hundredths: 20$00.
          if (!/\p{Sc}/u.test(number)) expect(read(number)).toEqual({ minor })
        },
      ),
      { numRuns: size({ quick: 500, all: 3_000 }) },
    )
  })
})
