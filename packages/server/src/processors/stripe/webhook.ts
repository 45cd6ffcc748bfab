import { Stripe } from 'stripe'
import { toMs } from '../../domain/time.ts'
import type { WebhookMessage, WebhookNotice } from '../interface/processor.ts'
import { paymentIdName } from './answers.ts'

/** Source: https://docs.stripe.com/webhooks, "Preventing replay attacks". */
const toleranceSeconds = 300

/** Verifies a message with Stripe's SDK and names the payment that it is about. */
export function readStripeWebhook(
  message: WebhookMessage,
  webhookSecret: string | null,
): WebhookNotice {
  const signature = message.headers['stripe-signature']
  if (webhookSecret === null) return { kind: 'rejected', reason: 'no webhook secret is configured' }
  if (!signature) return { kind: 'rejected', reason: 'the signature is missing' }
  let event: Stripe.Event
  try {
    event = Stripe.webhooks.constructEvent(
      message.body,
      signature,
      webhookSecret,
      toleranceSeconds,
      undefined,
      toMs(message.now),
    )
  } catch (error) {
    // Do not repeat the SDK's message, because it quotes the body.
    const isForged = error instanceof Stripe.errors.StripeSignatureVerificationError
    return {
      kind: 'rejected',
      reason: isForged ? 'the signature is wrong or too old' : 'the body is not an event',
    }
  }
  const paymentId = paymentIdIn(event.data?.object)
  return paymentId === null ? { kind: 'ignored' } : { kind: 'look_up', paymentId }
}

/** The payment's id in an object's metadata. Charges inherit the metadata of their PaymentIntent. */
function paymentIdIn(object: unknown): string | null {
  const metadata = (object as { metadata?: Record<string, unknown> | null } | undefined)?.metadata
  const id = metadata?.[paymentIdName]
  return typeof id === 'string' ? id : null
}
