import { Stripe } from 'stripe'
import { toMs } from '../../domain/time.ts'
import type { WebhookMessage, WebhookNotice } from '../interface/processor.ts'
import { paymentIdName } from './answers.ts'
import { type StripeAccess, stripeClient } from './client.ts'

/** Source: https://docs.stripe.com/webhooks, "Preventing replay attacks". */
const toleranceSeconds = 300

/**
 * Verifies a message with Stripe's SDK and names the payment that it is about. Objects that a person makes
 * in Stripe's dashboard, such as refunds, name the PaymentIntent only. Then Stripe is asked for it.
 *
 * @throws where Stripe does not answer.
 */
export async function readStripeWebhook(
  message: WebhookMessage,
  access: StripeAccess,
): Promise<WebhookNotice> {
  const { webhookSecret } = access
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
  const paymentId = paymentIdIn(event) ?? (await findPaymentId(event, message, access))
  return paymentId === null ? { kind: 'ignored' } : { kind: 'look_up', paymentId }
}

/**
 * The payment's id in the metadata of an event's object. Charges inherit the metadata of their
 * PaymentIntent. `null`: the event has none, or another shape.
 */
function paymentIdIn(event: unknown): string | null {
  return textAt(event, ['data', 'object', 'metadata', paymentIdName])
}

/** The payment's id in the metadata of the PaymentIntent to which an event's object belongs. */
async function findPaymentId(
  event: unknown,
  { signal }: WebhookMessage,
  access: StripeAccess,
): Promise<string | null> {
  const reference = textAt(event, ['data', 'object', 'payment_intent'])
  if (reference === null || !intentIdShape.test(reference)) return null
  try {
    const intent: unknown = await stripeClient(access, signal).paymentIntents.retrieve(reference)
    return textAt(intent, ['metadata', paymentIdName])
  } catch (error) {
    // Another account of the merchant has made it.
    const { StripeInvalidRequestError } = Stripe.errors
    if (error instanceof StripeInvalidRequestError && error.statusCode === 404) return null
    throw error
  }
}

/** The id is part of a URL. */
const intentIdShape = /^pi_[A-Za-z0-9_]{1,200}$/

/**
 * A text in nested objects. `null`: there is none. Other versions of Stripe's API have other shapes, and
 * a signature only says who sent the event.
 */
function textAt(from: unknown, names: readonly string[]): string | null {
  let value = from
  for (const name of names) {
    if (typeof value !== 'object' || value === null) return null
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return typeof value === 'string' ? value : null
}
