import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isoDecimals, locales } from '../../../../tests/support/locales/iso-4217.ts'
import { currencies } from './currencies.ts'
import { parseAmount } from './parse-amount.ts'

describe('a typed amount', () => {
  test.each([
    ['5000', 'HUF', 'en-US', 500_000],
    ['5000', 'HUF', 'hu-HU', 500_000],
    ['5 000,50', 'HUF', 'hu-HU', 500_050],
    ['5,000', 'HUF', 'en-US', 500_000],
    ['5.000', 'EUR', 'de-DE', 500_000],
    ['30', 'USD', 'en-US', 3_000],
    ['30.5', 'USD', 'en-US', 3_050],
    ['30,5', 'USD', 'en-US', 3_050],
    ['30,50', 'EUR', 'de-DE', 3_050],
    ['30.50', 'EUR', 'de-DE', 3_050],
    ['1,234.56', 'USD', 'en-US', 123_456],
    ['1.234,56', 'USD', 'en-US', 123_456],
    ['1,234.56', 'EUR', 'de-DE', 123_456],
    ['1.234.567', 'EUR', 'en-US', 123_456_700],
    ['1’234.50', 'CHF', 'de-CH', 123_450],
    ["1'234.50", 'CHF', 'de-CH', 123_450],
    ['1\u202f234,50', 'EUR', 'fr-FR', 123_450],
    ['12,34,567.89', 'INR', 'en-IN', 123_456_789],
    ['١٬٢٣٤٫٥٦', 'EGP', 'ar-EG', 123_456],
    ['۱۲۳', 'IRR', 'fa-IR', 12_300],
    ['１２３', 'JPY', 'ja-JP', 123],
    ['1,234', 'JPY', 'ja-JP', 1_234],
    ['1.234', 'KWD', 'en-US', 1_234],
    ['1,234', 'KWD', 'de-DE', 1_234],
    ['0.0005', 'CLF', 'en-US', 5],
    ['+5', 'USD', 'en-US', 500],
    [' 0.29 ', 'USD', 'en-US', 29],
    ['0', 'USD', 'en-US', 0],
    ['90071992547409.91', 'USD', 'en-US', Number.MAX_SAFE_INTEGER],
  ])('%s %s in %s is %i minor units', (text, currency, locale, minor) => {
    expect(parseAmount(text, { currency, locale })).toEqual({ minor })
  })

  test.each([
    ['', 'USD', 'en-US', 'empty'],
    [' \u00a0', 'USD', 'en-US', 'empty'],
    ['abc', 'USD', 'en-US', 'not_a_number'],
    ['1e3', 'USD', 'en-US', 'not_a_number'],
    ['0x10', 'USD', 'en-US', 'not_a_number'],
    ['Infinity', 'USD', 'en-US', 'not_a_number'],
    ['5.', 'USD', 'en-US', 'not_a_number'],
    ['.5', 'USD', 'en-US', 'not_a_number'],
    ['1,23,4', 'USD', 'en-US', 'not_a_number'],
    ['1.2.3', 'USD', 'en-US', 'not_a_number'],
    ['1,2,3.4', 'USD', 'en-US', 'not_a_number'],
    ['1 23', 'USD', 'en-US', 'not_a_number'],
    ['1..5', 'USD', 'en-US', 'not_a_number'],
    ['--5', 'USD', 'en-US', 'not_a_number'],
    ['-5', 'USD', 'en-US', 'negative'],
    ['−5', 'USD', 'en-US', 'negative'],
    ['1.234', 'USD', 'en-US', 'too_many_decimals'],
    ['1,234', 'EUR', 'de-DE', 'too_many_decimals'],
    ['0,123', 'USD', 'en-US', 'too_many_decimals'],
    ['5000.5', 'JPY', 'en-US', 'too_many_decimals'],
    ['500.00', 'JPY', 'en-US', 'too_many_decimals'],
    ['1.2345', 'KWD', 'en-US', 'too_many_decimals'],
    ['1,234', 'KWD', 'en-US', 'ambiguous'],
    ['1.234', 'KWD', 'de-DE', 'ambiguous'],
    ['1,234', 'CLF', 'en-US', 'ambiguous'],
    ['90071992547409.92', 'USD', 'en-US', 'too_large'],
    ['9'.repeat(1_000_000), 'USD', 'en-US', 'too_large'],
    ['5', 'XAU', 'en-US', 'unknown_currency'],
  ])('%j %s in %s is refused: %s', (text, currency, locale, problem) => {
    expect(parseAmount(text, { currency, locale })).toEqual({ problem })
  })

  test('with one decimal too many is refused, in every language', () => {
    for (const currency of currencies) {
      for (const locale of locales) {
        const text = `12345.${'1'.repeat(isoDecimals(currency) + 1)}`
        expect(parseAmount(text, { currency, locale })).toEqual({ problem: 'too_many_decimals' })
      }
    }
  })

  test('from any text is refused, or has exactly the typed digits', () => {
    const character = fc.constantFrom(..."0123456789.,' ’-+٫٬e")
    fc.assert(
      fc.property(
        fc.array(character, { maxLength: 12 }).map((characters) => characters.join('')),
        fc.constantFrom(...currencies),
        fc.constantFrom(...locales),
        (text, currency, locale) => {
          const parsed = parseAmount(text, { currency, locale })
          if (!('minor' in parsed)) return
          const digits = text.replaceAll(/\D/g, '')
          const zeros = '0'.repeat(isoDecimals(currency))
          const possible = [...zeros, ''].map((_, count) => BigInt(digits + zeros.slice(count)))
          expect(possible).toContain(BigInt(parsed.minor))
        },
      ),
      { numRuns: 5_000 },
    )
  })
})
