import type { Stripe } from 'stripe'
import type { ProcessorPayment } from '../interface/processor.ts'
import { paymentIdName, readIntent } from './answers.ts'
import { isReplay } from './client.ts'
import { declineIn } from './declines.ts'
import { intentExpansion } from './state.ts'

/** A key is abandoned after a failure that Stripe has kept. Most calls end earlier by their deadline. */
const keysMax = 10

/**
 * Creates the PaymentIntent of a payment, or finds it by its idempotency key. Every call passes the
 * same values, because Stripe refuses a key that is reused with other values.
 *
 * A payment must never have two PaymentIntents that can be confirmed, so all callers must agree on
 * the key. It therefore depends on Stripe's answers only: the next key is used only if Stripe marks
 * the answer as the replay of a failure that it has kept for this key. Every other caller gets the
 * same replay, and goes on to the same PaymentIntent. Stripe may not have kept a failure that is not
 * marked as a replay. Source: https://docs.stripe.com/error-low-level, "Idempotency".
 */
export async function createIntent(
  stripe: Stripe,
  payment: ProcessorPayment,
  parameters: IntentParameters,
): Promise<Stripe.PaymentIntent> {
  for (let number = 1; ; number++) {
    const idempotencyKey = `${payment.id}-intent${number === 1 ? '' : `-${number}`}`
    try {
      const answer = await stripe.paymentIntents.create(parametersOf(payment, parameters), {
        idempotencyKey,
      })
      return readIntent(answer, { payment, reference: payment.reference })
    } catch (error) {
      const isKept = isReplay(error) && !declineIn(error)
      if (!isKept || number === keysMax) throw error
    }
  }
}

/**
 * Retrieves a PaymentIntent with its charge. That in an error of Stripe has none: neither the end of the
 * authorization, nor the card, nor the fee.
 */
export async function retrieveIntent(
  stripe: Stripe,
  { payment, reference }: { payment: ProcessorPayment; reference: string },
): Promise<Stripe.PaymentIntent> {
  const answer = await stripe.paymentIntents.retrieve(reference, { expand: intentExpansion })
  return readIntent(answer, { payment, reference })
}

/** The parameters that depend on the payment method. The amount is in Stripe's minor units. */
type IntentParameters = Pick<
  Stripe.PaymentIntentCreateParams,
  'amount' | 'capture_method' | 'allowed_payment_method_types'
>

/** A card is authorized when the PaymentIntent is confirmed, and captured later. */
export function cardParameters(amount: number): IntentParameters {
  return { amount, capture_method: 'manual', allowed_payment_method_types: ['card'] }
}

/** A bank account is debited when the PaymentIntent is confirmed. */
export function debitParameters(amount: number): IntentParameters {
  return { amount, capture_method: 'automatic', allowed_payment_method_types: ['us_bank_account'] }
}

function parametersOf(
  payment: ProcessorPayment,
  parameters: IntentParameters,
): Stripe.PaymentIntentCreateParams {
  const { description, statementDescriptor: text } = payment
  // The suffix is for cards only.
  const textName =
    parameters.capture_method === 'manual' ? 'statement_descriptor_suffix' : 'statement_descriptor'
  return {
    ...parameters,
    currency: payment.money.currency.toLowerCase(),
    receipt_email: payment.customerEmail,
    metadata: { [paymentIdName]: payment.id },
    ...(description ? { description } : {}),
    ...(text ? { [textName]: text } : {}),
  }
}
