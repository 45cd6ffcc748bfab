import type { Money } from '@hedgepayments/contract'
import type { NewCharge, ProcessorRules, Unacceptable } from '../../interface/rules.ts'
import { fromStripeAmount, smallestAmountOf, toStripeAmount } from './amounts.ts'

/**
 * The currencies in which Stripe charges cards. An account may have fewer. Sources:
 * https://docs.stripe.com/currencies, "Supported presentment currencies" and "Three-decimal currencies";
 * `supported_payment_currencies` of https://docs.stripe.com/api/country_specs.
 */
const currencies: ReadonlySet<string> = new Set(
  (
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF ' +
    'CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD ' +
    'HKD HNL HTG HUF IDR ILS INR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD ' +
    'LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN ' +
    'PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SVC SZL THB TJS ' +
    'TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW'
  ).split(' '),
)

/**
 * The smallest charge in the currencies for which Stripe publishes one, in minor units. In any other
 * currency it depends on the exchange rate, and Stripe decides when the payment is initiated.
 * Source: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.
 */
const minimums: ReadonlyMap<string, number> = new Map(
  Object.entries({
    AED: 200,
    AUD: 50,
    BGN: 100,
    BRL: 50,
    CAD: 50,
    CHF: 50,
    CZK: 1500,
    DKK: 250,
    EUR: 50,
    GBP: 30,
    HKD: 400,
    HUF: 17_500,
    INR: 50,
    JPY: 50,
    MXN: 1000,
    MYR: 200,
    NOK: 300,
    NZD: 50,
    PLN: 200,
    RON: 200,
    SEK: 300,
    SGD: 50,
    THB: 1000,
    USD: 50,
  }),
)

/**
 * The largest charge in Stripe's units: eight digits. Some currencies have more, but no amount of the
 * API does. Source: as for the minimums.
 */
const stripeAmountMax = 99_999_999

/** What Stripe accepts. */
export const stripeRules: ProcessorRules = {
  checkNew: ({ money, methods, statementDescriptor }) =>
    checkCurrency(money) ??
    checkExpressible(money) ??
    checkLimits(money) ??
    checkDescriptor(statementDescriptor, methods),
  checkPart: checkExpressible,
}

function checkCurrency({ currency }: Money): Unacceptable | null {
  if (currencies.has(currency)) return null
  return { field: 'currency', expected: 'a currency that the processor supports' }
}

/** Checks that Stripe has a unit that is small enough for the amount. */
function checkExpressible(money: Money): Unacceptable | null {
  if (toStripeAmount(money) !== null) return null
  const step = smallestAmountOf(money.currency)
  const expected = `a multiple of ${step}, the processor's smallest amount in ${money.currency}`
  return { field: 'amount', expected }
}

function checkLimits(money: Money): Unacceptable | null {
  const { minor, currency } = money
  const minimum = minimums.get(currency) ?? 1
  if (minor < minimum) {
    return {
      field: 'amount',
      expected: `at least ${minimum}, the processor's minimum in ${currency}`,
    }
  }
  const amount = toStripeAmount(money)
  if (amount === null || amount <= stripeAmountMax) return null
  const maximum = fromStripeAmount(stripeAmountMax + 1, currency) - 1
  return { field: 'amount', expected: `at most ${maximum}, the processor's maximum in ${currency}` }
}

/** The shortest descriptor of a bank debit. It is the whole descriptor. */
const debitDescriptorMin = 5

/**
 * Checks a statement descriptor. Stripe puts the account's prefix in front of that of a card, so it has no
 * minimum length. That of a bank debit is whole.
 * Source: https://docs.stripe.com/get-started/account/statement-descriptors, "Statement descriptor
 * requirements".
 */
function checkDescriptor(
  descriptor: string | null,
  methods: NewCharge['methods'],
): Unacceptable | null {
  if (descriptor === null) return null
  const field = 'statement_descriptor'
  if (!/[A-Za-z]/.test(descriptor) || /[<>\\'"*]/.test(descriptor)) {
    return { field, expected: `a text with at least one letter and without < > \\ ' " *` }
  }
  if (!methods.includes('ach') || descriptor.trim().length >= debitDescriptorMin) return null
  return { field, expected: `at least ${debitDescriptorMin} characters for bank debits` }
}
