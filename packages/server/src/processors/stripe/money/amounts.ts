import { decimalsOf, type Money } from '@hedgepayments/contract'

// The API's amounts are minor units of ISO 4217. Stripe's are "the smallest currency unit", with
// exceptions. Without a conversion, their charges would be a hundred times too large or too small.
// Payouts have further exceptions (HUF and TWD without decimals) that charges and refunds do not have.
// Source: https://docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases".

/** The decimals at Stripe of the currencies for which they differ from ISO 4217. */
const stripeDecimals: ReadonlyMap<string, number> = new Map([
  // No decimals in ISO 4217. Stripe wants two, which are always 00.
  ['ISK', 2],
  ['UGX', 2],
  // Two decimals in ISO 4217. Stripe charges whole ariary only.
  ['MGA', 0],
])

/** An amount in Stripe's units; `null` if Stripe cannot express it. Amounts are never rounded. */
export function toStripeAmount({ minor, currency }: Money): number | null {
  const { multiply, divide } = factorsOf(currency)
  return minor % smallestAmountOf(currency) === 0 ? (minor / divide) * multiply : null
}

/** The smallest amount that Stripe can express, in minor units: every amount is a multiple of it. */
export function smallestAmountOf(currency: string): number {
  // At Stripe, the last of three decimals must be 0.
  return decimalsOf(currency) === 3 ? 10 : factorsOf(currency).divide
}

/** Stripe's amount in minor units of ISO 4217. A fee with a fraction of a minor unit is rounded. */
export function fromStripeAmount(amount: number, currency: string): number {
  const { multiply, divide } = factorsOf(currency.toUpperCase())
  return Math.round(amount / multiply) * divide
}

/** The factors from minor units to Stripe's units. One of the two is 1. */
function factorsOf(currency: string): { multiply: number; divide: number } {
  const decimals = decimalsOf(currency) ?? 0
  const more = (stripeDecimals.get(currency) ?? decimals) - decimals
  return { multiply: 10 ** Math.max(0, more), divide: 10 ** Math.max(0, -more) }
}
