import { Stripe } from 'stripe'
import type { Decline, DeclineCode, ProcessorPayment } from '../interface/processor.ts'
import { readIntent } from './answers.ts'

/** Stripe's codes in ours. One that is not here is passed on as it is. */
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
 * Codes of invalid requests that say no to this very payment, whoever asks and how often. Every
 * other one is a fault of ours or of the configuration, and nobody's decline.
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
 * Parameters that say what the payment is. Where Stripe takes none with such a value (a currency it
 * does not know, a descriptor without a letter), it never will, and asking again only repeats it.
 */
const ofThePayment = /^(amount|currency|description|receipt_email|statement_descriptor_suffix)\b/

/** The decline in an error of Stripe's; `null` where it is something else. */
export function declineIn(error: unknown): Decline | null {
  // Any 402 becomes this class, whoever sent it: only Stripe says of which kind it is.
  if (error instanceof Stripe.errors.StripeCardError && error.rawType === 'card_error') {
    return declineOf({ ...said(error), message: error.message })
  }
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return null
  const isMissingToken =
    error.code === 'resource_missing' && /^(payment_method|source|card)/.test(error.param ?? '')
  const isFinal =
    isMissingToken ||
    ofThePayment.test(error.param ?? '') ||
    (error.code !== undefined && finalCodes.has(error.code))
  if (!isFinal) return null
  // Not every error about a parameter has a code; the card has nothing to do with it.
  const code = error.code ?? 'invalid_payment'
  return declineOf({ ...said(error), code, message: error.message })
}

/** The decline that Stripe's codes and words say. The more exact code comes first. */
export function declineOf(said: {
  declineCode?: string | null | undefined
  code?: string | null | undefined
  message?: string | null | undefined
}): Decline {
  const known = [said.declineCode, said.code].find((code) => code && Object.hasOwn(codes, code))
  const code = known ? codes[known] : (said.declineCode ?? said.code ?? 'card_declined')
  return {
    code: code ?? 'card_declined',
    message: said.message ?? 'The payment was declined.',
  }
}

/** A refund that Stripe will not make, ever; `null` where the error is something else. */
export function refundDeclineIn(error: unknown): Decline | null {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return null
  // More than is left has no code of its own at Stripe: it is the amount that is wrong.
  const isTooMuch = error.code === undefined && error.param === 'amount'
  const isFinal = error.code !== undefined && finalRefundCodes.has(error.code)
  return isFinal || isTooMuch ? { code: 'refund_failed', message: error.message } : null
}

const finalRefundCodes: ReadonlySet<string> = new Set([
  'charge_already_refunded',
  'charge_disputed',
  'charge_not_refundable',
  'refund_disputed_payment',
])

function said(error: InstanceType<typeof Stripe.errors.StripeError>) {
  return { declineCode: error.decline_code, code: error.code }
}

/** The PaymentIntent is past what was asked of it: what it is now has to be looked at. */
export function isUnexpectedState(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError &&
    error.code === 'payment_intent_unexpected_state'
  )
}

/** The PaymentIntent as it is now, which Stripe adds to errors about one. */
export function intentIn(
  error: unknown,
  asked: { payment: ProcessorPayment; reference: string | null },
): Stripe.PaymentIntent | null {
  const isOfStripe = error instanceof Stripe.errors.StripeError
  return isOfStripe && error.payment_intent ? readIntent(error.payment_intent, asked) : null
}
