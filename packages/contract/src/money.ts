import { Type } from 'typebox'

/** An amount of money: whole minor units (cents; yen has none) of a currency. */
export interface Money {
  readonly minor: number
  readonly currency: string
}

/** The contract's largest amount: 999,999.99 in a currency with two decimals. */
export const amountMinorMax = 99_999_999

/**
 * The active codes of ISO 4217 that name money one can pay with; funds, metals and test codes
 * are left out.
 */
export const currencies: ReadonlySet<string> = new Set(
  (
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD ' +
    'CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP ' +
    'GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD ' +
    'KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN ' +
    'NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP ' +
    'SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES ' +
    'VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG'
  ).split(' '),
)

/** Whether `code`, in any case, is a currency of ISO 4217. */
export function isCurrency(code: string): boolean {
  // Only ASCII: other letters, such as the long s of `uſd`, become ASCII in upper case.
  return /^[A-Za-z]{3}$/.test(code) && currencies.has(code.toUpperCase())
}

/** Minor units of a payment. Out of range is refused with `invalid_amount` (422). */
export const amountSchema = Type.Integer({
  minimum: 1,
  maximum: amountMinorMax,
  description: 'Amount in minor units (cents; JPY has none), 1 to 99,999,999.',
  examples: [9999],
  'x-error-code': 'invalid_amount',
})

/** Currency as a caller writes it. An unknown code is refused with `invalid_currency` (422). */
export const currencyInputSchema = Type.String({
  format: 'iso-4217',
  description: 'ISO 4217 code, in any case; returned in upper case.',
  examples: ['USD'],
  'x-error-code': 'invalid_currency',
})
