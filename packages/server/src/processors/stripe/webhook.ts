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
  let event: unknown
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
  const paymentId = paymentIdIn(event)
  return paymentId === null ? { kind: 'ignored' } : { kind: 'look_up', paymentId }
}

/**
 * The payment's id in the metadata of an event's object. Charges inherit the metadata of their
 * PaymentIntent. `null`: the event has none, or another shape. Other versions of Stripe's API have other
 * shapes, and a signature only says who sent the event.
 */
function paymentIdIn(event: unknown): string | null {
  let value = event
  for (const name of ['data', 'object', 'metadata', paymentIdName]) {
    if (typeof value !== 'object' || value === null) return null
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return typeof value === 'string' ? value : null
}
