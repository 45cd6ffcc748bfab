import { currencies } from '@hedgepayments/contract'
import { expect, test } from 'vitest'
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
])('%s of %i minor units is %s at Stripe', (currency, minor, amount) => {
  expect(toStripeAmount({ minor, currency })).toBe(amount)
})

test('an amount that Stripe can express comes back as it was, in every currency', () => {
  for (const currency of currencies) {
    const amount = toStripeAmount({ minor: 12_300, currency })
    expect(amount && fromStripeAmount(amount, currency.toLowerCase()), currency).toBe(12_300)
  }
})
