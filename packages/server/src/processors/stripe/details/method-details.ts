import type { PaymentMethod, PaymentMethodDetails } from '@hedgepayments/contract'
import { holdsCardNumber } from '../../../domain/card-number.ts'

/** Stripe's types of payment methods, with the method here. */
const methods: Readonly<Record<string, PaymentMethod>> = {
  card: 'card',
  card_present: 'card',
  link: 'card',
  us_bank_account: 'ach',
  crypto: 'crypto',
}

/**
 * Reads the card or account of a charge or PaymentMethod. Support needs them and no step depends on
 * them, so a value of another form is `null` and never fails the payment. Source:
 * https://docs.stripe.com/api/charges/object, `payment_method_details`.
 *
 * @returns `undefined` if Stripe names no payment method, or one that is unknown here.
 */
export function readMethodDetails(named: unknown): PaymentMethodDetails | undefined {
  const source = objectIn(named)
  const type = typeof source.type === 'string' ? source.type : ''
  const method = Object.hasOwn(methods, type) ? methods[type] : undefined
  if (!method) return undefined
  const about = objectIn(source[type])
  const wallet = type === 'link' ? 'link' : textIn(objectIn(about.wallet).type)
  return {
    type: method,
    brand: textIn(about.brand),
    last4: matching(about.last4, /^[0-9]{4}$/),
    exp_month: integerIn(about.exp_month, { min: 1, max: 12 }),
    exp_year: integerIn(about.exp_year, { min: 1970, max: 9999 }),
    country: matching(about.country, /^[A-Z]{2}$/),
    wallet,
    bank_name: textIn(about.bank_name),
  }
}

/** The same, as a field to spread: absent if Stripe does not say. */
export function methodField(named: unknown): { readonly method?: PaymentMethodDetails } {
  const method = readMethodDetails(named)
  return method ? { method } : {}
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** A name of Stripe or of a bank. Longer texts, and texts that may be a card's number, are left out. */
function textIn(value: unknown): string | null {
  const text = matching(value, /^[\x20-\x7e\u00a0-\u024f]{1,100}$/)
  return text !== null && !holdsCardNumber(text) ? text : null
}

function matching(value: unknown, form: RegExp): string | null {
  return typeof value === 'string' && form.test(value) ? value : null
}

function integerIn(value: unknown, { min, max }: { min: number; max: number }): number | null {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max
    ? Number(value)
    : null
}
