import { Stripe } from 'stripe'
import type { DeclineCode, ProcessorPayment } from '../interface/processor.ts'
import type { Decline } from '../interface/results.ts'
import { readIntent } from './answers.ts'
import { methodField } from './details/method-details.ts'

/** The shared decline code of each Stripe code. A code that is not listed is passed on unchanged. */
const codes: Readonly<Record<string, DeclineCode>> = {
  card_declined: 'card_declined',
  generic_decline: 'card_declined',
  do_not_honor: 'card_declined',
  insufficient_funds: 'insufficient_funds',
  lost_card: 'lost_card',
  stolen_card: 'stolen_card',
  expired_card: 'expired_card',
  incorrect_cvc: 'incorrect_cvc',
  invalid_cvc: 'incorrect_cvc',
  processing_error: 'processing_error',
  authentication_required: 'authentication_failed',
  payment_intent_authentication_failure: 'authentication_failed',
  capture_charge_authorization_expired: 'authorization_expired',
  charge_expired_for_capture: 'authorization_expired',
  resource_missing: 'invalid_token',
  token_already_used: 'invalid_token',
  account_closed: 'account_closed',
}

/**
 * Codes of invalid requests by which Stripe refuses the payment itself, for good. Every other code
 * is a fault of this server or its configuration, and not a decline.
 */
const finalCodes: ReadonlySet<string> = new Set([
  'amount_too_large',
  'amount_too_small',
  'capture_charge_authorization_expired',
  'charge_expired_for_capture',
  'payment_intent_authentication_failure',
  'token_already_used',
])

/**
 * Parameters that describe the payment. If Stripe refuses a value (an unsupported currency, a
 * descriptor without a letter), it always will, so a retry is pointless.
 */
const paymentParameter =
  /^(amount|currency|description|receipt_email|statement_descriptor(_suffix)?)\b/

/** The decline that an error of Stripe's SDK reports; `null` for any other error. */
export function declineIn(error: unknown): Decline | null {
  // The SDK makes this class of any 402, also a proxy's. Only Stripe's own has a type.
  if (error instanceof Stripe.errors.StripeCardError && error.rawType === 'card_error') {
    const decline = declineOf({ ...codesOf(error), message: error.message })
    return { ...decline, ...methodField(error.payment_method) }
  }
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return null
  const isMissingToken =
    error.code === 'resource_missing' && /^(payment_method|source|card)/.test(error.param ?? '')
  const isFinal =
    isMissingToken ||
    paymentParameter.test(error.param ?? '') ||
    (error.code !== undefined && finalCodes.has(error.code))
  if (!isFinal) return null
  // Some errors about a parameter have no code. The default code would blame the card.
  const code = error.code ?? 'invalid_payment'
  return declineOf({ ...codesOf(error), code, message: error.message })
}

/**
 * Codes by which Stripe refuses to debit a bank account, for good. Some come with the HTTP status of a
 * decline and the type of an invalid request.
 * Source: https://docs.stripe.com/payments/ach-direct-debit/blocked-bank-accounts
 */
const finalDebitCodes: ReadonlySet<string> = new Set([
  'account_closed',
  'bank_account_restricted',
  'bank_account_unusable',
  'bank_account_unverified',
  'charge_exceeds_source_limit',
  'charge_exceeds_transaction_limit',
  'charge_exceeds_weekly_limit',
  'debit_not_authorized',
  'insufficient_funds',
  'no_account',
  'payment_intent_incompatible_payment_method',
  'payment_intent_mandate_invalid',
  'payment_intent_payment_attempt_failed',
  'payment_method_bank_account_blocked',
  'payment_method_invalid_parameter',
  'payment_method_microdeposit_failed',
  'payment_method_not_available',
  'payment_method_provider_decline',
  'payment_method_unactivated',
  'payment_method_unexpected_state',
])

/** The decline of a debit that an error of Stripe's SDK reports; `null` for any other error. */
export function debitDeclineIn(error: unknown): Decline | null {
  if (!(error instanceof Stripe.errors.StripeError)) return null
  const isRefused = (error.statusCode ?? 0) < 500 && finalDebitCodes.has(error.code ?? '')
  return isRefused ? declineOf({ ...codesOf(error), message: error.message }) : declineIn(error)
}

/** The decline of Stripe's codes and message. The decline code is more exact, so it comes first. */
export function declineOf(given: {
  declineCode?: string | null | undefined
  code?: string | null | undefined
  message?: string | null | undefined
}): Decline {
  const name = [given.declineCode, given.code].find((code) => code && Object.hasOwn(codes, code))
  const code = name ? codes[name] : (given.declineCode ?? given.code ?? 'card_declined')
  return {
    code: code ?? 'card_declined',
    message: given.message ?? 'The payment was declined.',
  }
}

/** The decline if Stripe refuses a refund for good; `null` for any other error. */
export function refundDeclineIn(error: unknown): Decline | null {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return null
  // Stripe has no code for an amount above the remainder. The error only names the parameter.
  const exceedsRemainder = error.code === undefined && error.param === 'amount'
  const isFinal = error.code !== undefined && finalRefundCodes.has(error.code)
  return isFinal || exceedsRemainder ? { code: 'refund_failed', message: error.message } : null
}

const finalRefundCodes: ReadonlySet<string> = new Set([
  'charge_already_refunded',
  'charge_disputed',
  'charge_not_refundable',
  'refund_disputed_payment',
])

function codesOf(error: InstanceType<typeof Stripe.errors.StripeError>) {
  // The SDK has an empty decline code where Stripe has none.
  return { declineCode: error.decline_code || null, code: error.code }
}

/** Whether the PaymentIntent's state does not allow the call. The caller must read the state. */
export function isUnexpectedState(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError &&
    error.code === 'payment_intent_unexpected_state'
  )
}

/** Whether a refusal decides a call about a card: it is a decline, or the state has changed. */
export function isDecided(error: unknown): boolean {
  return declineIn(error) !== null || isUnexpectedState(error)
}

/** The same of a call about a bank account. */
export function isDebitDecided(error: unknown): boolean {
  return debitDeclineIn(error) !== null || isUnexpectedState(error)
}

/** Whether Stripe does not know the object. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing'
  )
}

/** The current PaymentIntent, which Stripe adds to errors about one; `null` if there is none. */
export function intentIn(
  error: unknown,
  expected: { payment: ProcessorPayment; reference: string | null },
): Stripe.PaymentIntent | null {
  const isStripes = error instanceof Stripe.errors.StripeError
  return isStripes && error.payment_intent ? readIntent(error.payment_intent, expected) : null
}
