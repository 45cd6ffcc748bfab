import { currencies } from '@hedgepayments/contract'
import { expect, test } from 'vitest'
import { isoDecimals } from '../../../../../../tests/support/locales/iso-4217.ts'
import { fromStripeAmount, toStripeAmount } from './amounts.ts'

test.each([
  ['USD', 9999, 9999],
  ['JPY', 500, 500],
  ['ISK', 500, 50_000],
  ['UGX', 5, 500],
  ['MGA', 50_000, 500],
  ['MGA', 50_001, null],
  ['KWD', 5120, 5120],
  ['KWD', 5124, null],
  ['IQD', 5124, null],
  ['HUF', 999_900, 999_900],
  ['TWD', 999_900, 999_900],
])('%s of %i minor units is %s at Stripe', (currency, minor, amount) => {
  expect(toStripeAmount({ minor, currency })).toBe(amount)
})

test('half a minor unit at Stripe is rounded up', () => {
  expect(fromStripeAmount(150, 'isk')).toBe(2)
  expect(fromStripeAmount(149, 'isk')).toBe(1)
})

test('an amount survives the conversion to Stripe and back, in every currency', () => {
  for (const currency of currencies) {
    const amount = toStripeAmount({ minor: 12_300, currency })
    expect(amount && fromStripeAmount(amount, currency.toLowerCase()), currency).toBe(12_300)
  }
})

// Copied from Stripe's documentation, so that the test does not repeat the source's table.
const withoutDecimals = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ')
const withThreeDecimals = 'BHD JOD KWD OMR TND'.split(' ')

test('Stripe gets the same value, in every currency that Stripe supports', () => {
  const unknownAtStripe = ['UYI', 'CLF', 'UYW', 'IQD', 'LYD']
  for (const currency of [...currencies].filter((code) => !unknownAtStripe.includes(code))) {
    const decimals = withoutDecimals.includes(currency)
      ? 0
      : withThreeDecimals.includes(currency)
        ? 3
        : 2
    // Seven units of the currency, whatever its number of decimals.
    const minor = 7 * 10 ** isoDecimals(currency)
    expect(toStripeAmount({ minor, currency }), currency).toBe(7 * 10 ** decimals)
    expect(fromStripeAmount(7 * 10 ** decimals, currency.toLowerCase()), currency).toBe(minor)
  }
})
