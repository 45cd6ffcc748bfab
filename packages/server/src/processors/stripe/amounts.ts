import type { Money } from '@hedgepayments/contract'

// Ours are minor units of ISO 4217, as everywhere in the API. Stripe's are "the smallest unit", with
// exceptions; sent as it is, an amount of these would be charged a hundred times too large or small.
// Source: https://docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases".

/** Whole króna and shillings, which Stripe still takes with two decimals that are always 00. */
const timesHundred: ReadonlySet<string> = new Set(['ISK', 'UGX'])

/** Two decimals by ISO 4217, none at Stripe: only whole ariary can be charged there. */
const wholeOnly: ReadonlySet<string> = new Set(['MGA'])

/** Three decimals, of which the last one has to be 0 at Stripe. */
const lastDigitZero: ReadonlySet<string> = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND'])

/** An amount in Stripe's units; `null` where Stripe cannot express it, and nothing may be rounded. */
export function toStripeAmount({ minor, currency }: Money): number | null {
  if (timesHundred.has(currency)) return minor * 100
  if (wholeOnly.has(currency)) return minor % 100 === 0 ? minor / 100 : null
  if (lastDigitZero.has(currency)) return minor % 10 === 0 ? minor : null
  return minor
}

/** An amount of Stripe's in our minor units. Fees can have fractions that ISO 4217 does not know. */
export function fromStripeAmount(amount: number, currency: string): number {
  const code = currency.toUpperCase()
  if (timesHundred.has(code)) return Math.round(amount / 100)
  return wholeOnly.has(code) ? amount * 100 : amount
}
