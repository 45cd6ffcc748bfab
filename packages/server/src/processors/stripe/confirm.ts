import type { Stripe } from 'stripe'
import type { AuthorizeRequest, ProcessorPayment } from '../interface/processor.ts'
import type { AuthorizeResult } from '../interface/results.ts'
import { readIntent, readMethodId } from './answers.ts'
import { withKey } from './client.ts'
import { retrieveIntent } from './create-intent.ts'
import { isDecided, isUnexpectedState } from './declines.ts'
import { authorizeResultOf } from './results.ts'
import { intentExpansion, stateOf } from './state.ts'

/**
 * Confirms a PaymentIntent with a token: Stripe authorizes it.
 *
 * @throws Stripe's errors, also for declines.
 */
export async function confirm(
  stripe: Stripe,
  given: { payment: ProcessorPayment; request: AuthorizeRequest; reference: string },
): Promise<AuthorizeResult> {
  const { payment, request, reference } = given
  const { idempotencyKey } = request
  try {
    const paid: Stripe.PaymentIntentConfirmParams = {
      payment_method: await paymentMethodOf(stripe, request),
      return_url: payment.returnUrl,
      expand: intentExpansion,
    }
    const answer = await withKey(
      () => stripe.paymentIntents.confirm(reference, paid, { idempotencyKey }),
      isDecided,
    )
    return authorizeResultOf(stateOf(readIntent(answer, { payment, reference }), []), reference)
  } catch (error) {
    if (!isUnexpectedState(error)) throw error
    // It was canceled, or confirmed under another key.
    const current = await retrieveIntent(stripe, { payment, reference })
    return authorizeResultOf(stateOf(current, []), reference)
  }
}

/** The id of the PaymentMethod. A token of the older kind (`tok_…`) becomes a PaymentMethod first. */
async function paymentMethodOf(stripe: Stripe, request: AuthorizeRequest): Promise<string> {
  const { token, idempotencyKey } = request
  if (!token.startsWith('tok_')) return token
  const method = await withKey(
    () =>
      stripe.paymentMethods.create(
        { type: 'card', card: { token } },
        { idempotencyKey: `${idempotencyKey}-method` },
      ),
    isDecided,
  )
  return readMethodId(method)
}
