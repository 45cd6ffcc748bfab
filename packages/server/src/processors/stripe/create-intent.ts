import type { Stripe } from 'stripe'
import type { ProcessorPayment } from '../interface/processor.ts'
import { paymentIdName, readIntent } from './answers.ts'
import { isReplayedFailure } from './kept-failures.ts'

/** Keys of one PaymentIntent: each is left for good after a failure, and the deadline ends most. */
const keysMax = 10

/**
 * Makes the PaymentIntent of a payment, or finds it by its idempotency key. The same values each
 * time, as Stripe refuses a key that comes again with others.
 *
 * There must never be two that can be confirmed, whoever asks, so the key follows from what Stripe
 * says and from nothing else: the next one is asked for only where Stripe says that it repeats a
 * failure it has kept for this one. Whoever comes then meets that failure as well, and goes on to
 * the same PaymentIntent. A failure that is not marked as a repetition may not be kept.
 * Source: https://docs.stripe.com/error-low-level, "Idempotency".
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
