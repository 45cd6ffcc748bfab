import { Type } from 'typebox'
import { amountMinorMax } from './amounts.ts'

/** The amount of a payment. A value out of range is refused with `invalid_amount` (422). */
export const amountSchema = Type.Integer({
  minimum: 1,
  maximum: amountMinorMax,
  description:
    'Amount in minor units by ISO 4217 (USD and HUF have two decimals, JPY none), 1 to 99,999,999. The ' +
    'processor may have a larger minimum: Stripe and the sandbox want 0.50 USD.',
  examples: [9999],
  'x-error-code': 'invalid_amount',
})

/** The currency of a request. An unknown code is refused with `invalid_currency` (422). */
export const currencyInputSchema = Type.String({
  format: 'iso-4217',
  description:
    'ISO 4217 code of a currency with a minor unit. Upper or lower case; answers have upper case.',
  examples: ['USD'],
  'x-error-code': 'invalid_currency',
})
