import type { Stripe } from 'stripe'
import type { ProcessorPayment } from '../interface/processor.ts'
import { paymentIdName, readIntent } from './answers.ts'
import { isReplayedFailure } from './kept-failures.ts'

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
  amount: number,
): Promise<Stripe.PaymentIntent> {
  for (let number = 1; ; number++) {
    const idempotencyKey = `${payment.id}-intent${number === 1 ? '' : `-${number}`}`
    try {
      const answer = await stripe.paymentIntents.create(parametersOf(payment, amount), {
        idempotencyKey,
      })
      return readIntent(answer, { payment, reference: payment.reference })
    } catch (error) {
      if (!isReplayedFailure(error) || number === keysMax) throw error
    }
  }
}

function parametersOf(payment: ProcessorPayment, amount: number): Stripe.PaymentIntentCreateParams {
  return {
    amount,
    currency: payment.money.currency.toLowerCase(),
    capture_method: 'manual',
    allowed_payment_method_types: ['card'],
    receipt_email: payment.customerEmail,
    metadata: { [paymentIdName]: payment.id },
    ...(payment.description ? { description: payment.description } : {}),
    ...(payment.statementDescriptor
      ? { statement_descriptor_suffix: payment.statementDescriptor }
      : {}),
  }
}
