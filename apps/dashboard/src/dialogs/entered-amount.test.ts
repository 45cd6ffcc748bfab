import { currencies } from '@hedgepayments/contract/currencies'
import { describe, expect, test } from 'vitest'
import { isoDecimals, locales } from '../../../../tests/support/locales/iso-4217.ts'
import { readAmount } from './entered-amount.ts'

const bounds = { maxMinor: 999_900, maxReason: 'that is what is left', locale: 'en-US' }

describe('an amount typed into a dialog', () => {
  test('is in major units of its currency, in every currency and language', () => {
    for (const currency of currencies) {
      for (const locale of locales) {
        const entered = readAmount('7', { ...bounds, maxMinor: 99_999_999, currency, locale })
        expect(entered).toEqual({ minor: 7 * 10 ** isoDecimals(currency) })
      }
    }
  })

  test.each([
    ['5000', 'HUF', { minor: 500_000 }],
    ['9,999.00', 'HUF', { minor: 999_900 }],
    ['9999.01', 'HUF', 'Enter at most HUF 9,999.00: that is what is left.'],
    ['9'.repeat(30), 'HUF', 'Enter at most HUF 9,999.00: that is what is left.'],
    ['50.005', 'HUF', 'HUF has at most 2 decimals.'],
    ['50.5', 'JPY', 'JPY has no decimals.'],
    ['0', 'KWD', 'Enter at least KWD 0.001.'],
    ['-5', 'USD', 'Enter at least $0.01.'],
    ['', 'USD', 'Enter an amount.'],
    ['five', 'USD', 'That is not an amount: enter it like 9999.00.'],
    ['1,234', 'KWD', 'That could be two amounts: enter it like 999.900, without grouping.'],
    ['5', 'ZZZ', 'The dashboard does not know the decimals of ZZZ: use the API.'],
  ])('%s of %s: %j', (text, currency, expected) => {
    const entered = readAmount(text, { ...bounds, currency })
    const shown = 'problem' in entered ? entered.problem.replaceAll(/\s/g, ' ') : entered
    expect(shown).toEqual(expected)
  })
})
