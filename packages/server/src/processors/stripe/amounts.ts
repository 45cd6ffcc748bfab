import { decimalsOf, type Money } from '@hedgepayments/contract'

// Our amounts are minor units of ISO 4217, as everywhere in the API. Stripe's are "the smallest unit",
// with exceptions: sent unchanged, these would be charged a hundred times too large or too small.
// Payouts have further exceptions (HUF and TWD have no decimals there); charges and refunds do not.
// Source: https://docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases".

/** Decimals at Stripe of the currencies that have others in ISO 4217. */
const stripeDecimals: ReadonlyMap<string, number> = new Map([
  // No decimals in ISO 4217. Stripe takes two that are always 00.
  ['ISK', 2],
  ['UGX', 2],
  // Two decimals in ISO 4217. Only whole ariary can be charged at Stripe.
  ['MGA', 0],
])

/** An amount in Stripe's units; `null` where Stripe cannot express it, and nothing may be rounded. */
export function toStripeAmount({ minor, currency }: Money): number | null {
  const { multiply, divide } = factorsOf(currency)
  // The last of three decimals has to be 0 at Stripe.
  if (decimalsOf(currency) === 3 && minor % 10 !== 0) return null
  return minor % divide === 0 ? (minor / divide) * multiply : null
}

/** An amount of Stripe's in our minor units. Fees can have fractions that ISO 4217 does not know. */
export function fromStripeAmount(amount: number, currency: string): number {
  const { multiply, divide } = factorsOf(currency.toUpperCase())
  return Math.round(amount / multiply) * divide
}

/** What turns our minor units into Stripe's: one of the two is 1. */
function factorsOf(currency: string): { multiply: number; divide: number } {
  const decimals = decimalsOf(currency) ?? 0
  const more = (stripeDecimals.get(currency) ?? decimals) - decimals
  return { multiply: 10 ** Math.max(0, more), divide: 10 ** Math.max(0, -more) }
}
