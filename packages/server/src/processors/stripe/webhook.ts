import { Stripe } from 'stripe'
import { toMs } from '../../domain/time.ts'
import type { WebhookMessage, WebhookNotice } from '../interface/processor.ts'
import { type StripeAccess, stripeClient } from './client.ts'
import { isMissing } from './declines.ts'
import { paymentIdIn, read } from './unknown-json.ts'

/** Source: https://docs.stripe.com/webhooks, "Preventing replay attacks". */
const toleranceSeconds = 300

/**
 * Verifies a message with Stripe's SDK and names the payment that it is about. Disputes, and
 * objects that a person makes in Stripe's dashboard, name the PaymentIntent only. Then Stripe is asked for it.
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
  const object = read(event, ['data', 'object'])
  const paymentId = paymentIdIn(object) ?? (await findPaymentId(object, message, access))
  if (paymentId === null) return { kind: 'ignored' }
  const isDispute = read(object, ['object']) === 'dispute'
  return { kind: 'look_up', paymentId, ...(isDispute ? { about: 'dispute' } : {}) }
}

/** The payment's id in the metadata of the PaymentIntent to which an object belongs. */
async function findPaymentId(
  object: unknown,
  { signal }: WebhookMessage,
  access: StripeAccess,
): Promise<string | null> {
  const reference = read(object, ['payment_intent'])
  if (typeof reference !== 'string' || !intentIdShape.test(reference)) return null
  try {
    return paymentIdIn(await stripeClient(access, signal).paymentIntents.retrieve(reference))
  } catch (error) {
    // Another account of the merchant has made it.
    if (isMissing(error)) return null
    throw error
  }
}

/** The id is part of a URL. */
const intentIdShape = /^pi_[A-Za-z0-9_]{1,200}$/
