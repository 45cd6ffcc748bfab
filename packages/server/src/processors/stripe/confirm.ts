import type { Stripe } from 'stripe'
import type { AuthorizeRequest, AuthorizeResult, ProcessorPayment } from '../interface/processor.ts'
import { readIntent, readMethodId } from './answers.ts'
import { intentIn, isUnexpectedState } from './declines.ts'
import { withKey } from './kept-failures.ts'
import { authorizeResultOf } from './results.ts'
import { truthOf } from './truth.ts'

/** Has Stripe authorize a PaymentIntent with a token. @throws what Stripe throws, declines too. */
export async function confirm(
  stripe: Stripe,
  given: { payment: ProcessorPayment; request: AuthorizeRequest; reference: string },
): Promise<AuthorizeResult> {
  const { payment, request, reference } = given
  const { idempotencyKey } = request
  try {
    const paid = {
      payment_method: await paymentMethodOf(stripe, request),
      return_url: payment.returnUrl,
    }
    const answer = await withKey(() =>
      stripe.paymentIntents.confirm(reference, paid, { idempotencyKey }),
    )
    return authorizeResultOf(truthOf(readIntent(answer, { payment, reference }), []), reference)
  } catch (error) {
    // Confirmed before, by another key, or canceled: what it is now is the answer.
    const intent = isUnexpectedState(error) ? intentIn(error, { payment, reference }) : null
    if (intent) return authorizeResultOf(truthOf(intent, []), reference)
    throw error
  }
}

/** PaymentMethods go by their id; a token of the older kind has to be made into one first. */
async function paymentMethodOf(stripe: Stripe, request: AuthorizeRequest): Promise<string> {
  const { token, idempotencyKey } = request
  if (!token.startsWith('tok_')) return token
  const method = await withKey(() =>
    stripe.paymentMethods.create(
      { type: 'card', card: { token } },
      { idempotencyKey: `${idempotencyKey}-method` },
    ),
  )
  return readMethodId(method)
}
