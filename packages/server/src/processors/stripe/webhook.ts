import { Stripe } from 'stripe'
import { type Timestamp, toMs } from '../../domain/time.ts'
import type { FoundDispute, WebhookMessage, WebhookNotice } from '../interface/processor.ts'
import { insist, paymentIdName } from './answers.ts'
import { type StripeAccess, stripeClient } from './client.ts'
import { isMissing } from './declines.ts'

/** Source: https://docs.stripe.com/webhooks, "Preventing replay attacks". */
const toleranceSeconds = 300
/** Deadline of the question which payment a message is about. Stripe waits a little longer. */
const noticeTimeoutMs = 8_000

/** Pages of a hundred disputes that a search reads at most. */
const pagesMax = 50

/** Finds the disputes that were opened since a time. */
export async function findStripeDisputes(
  stripe: Stripe,
  since: Timestamp,
): Promise<FoundDispute[]> {
  const found: FoundDispute[] = []
  let after: string | null = null
  for (let pages = 0; pages < pagesMax; pages++) {
    const answer: unknown = await stripe.disputes.list({
      created: { gte: Math.floor(toMs(since) / 1000) },
      limit: 100,
      expand: ['data.payment_intent'],
      ...(after === null ? {} : { starting_after: after }),
    })
    const { references, disputes, hasMore } = readDisputePage(answer)
    found.push(...disputes)
    after = references.at(-1) ?? null
    if (!hasMore || after === null) return found
  }
  throw new Error(`Stripe has more than ${pagesMax} pages of disputes`)
}

/** Reads a page of disputes with their PaymentIntents. Those without a payment of ours are left out. */
function readDisputePage(answer: unknown) {
  const data = read(answer, ['data'])
  insist(Array.isArray(data), 'it is not a list of disputes')
  const ids = data.map((dispute: unknown) => ({
    reference: read(dispute, ['id']),
    paymentId: paymentIdIn(read(dispute, ['payment_intent'])),
  }))
  insist(
    ids.every(({ reference }) => typeof reference === 'string'),
    'a dispute has no id',
  )
  return {
    references: ids.map(({ reference }) => reference as string),
    disputes: ids.filter((one): one is FoundDispute => one.paymentId !== null),
    hasMore: read(answer, ['has_more']) === true,
  }
}

/** The message is about a dispute, which names only its PaymentIntent. */
interface DisputeNotice {
  readonly kind: 'dispute'
  readonly intentId: string
}

/**
 * Verifies a message and names the payment that it is about. A dispute names only its PaymentIntent, so
 * Stripe is asked for its payment.
 */
export async function noticeFromStripe(
  message: WebhookMessage,
  access: StripeAccess,
): Promise<WebhookNotice> {
  const notice = readMessage(message, access.webhookSecret)
  if (notice.kind !== 'dispute') return notice
  const stripe = stripeClient(access, AbortSignal.timeout(noticeTimeoutMs))
  try {
    const paymentId = paymentIdIn(await stripe.paymentIntents.retrieve(notice.intentId))
    return paymentId === null
      ? { kind: 'ignored' }
      : { kind: 'look_up', paymentId, about: 'dispute' }
  } catch (error) {
    // Stripe does not know it: the message comes from another account.
    return isMissing(error) ? { kind: 'ignored' } : { kind: 'unresolved' }
  }
}

/** Verifies a message with Stripe's SDK, and finds the payment or the PaymentIntent that it names. */
function readMessage(
  message: WebhookMessage,
  webhookSecret: string | null,
): WebhookNotice | DisputeNotice {
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
  if (read(object, ['object']) === 'dispute') {
    const intentId = read(object, ['payment_intent'])
    // The id becomes a part of a URL.
    const isId = typeof intentId === 'string' && /^pi_\w{1,250}$/.test(intentId)
    return isId ? { kind: 'dispute', intentId } : { kind: 'ignored' }
  }
  const paymentId = paymentIdIn(object)
  return paymentId === null ? { kind: 'ignored' } : { kind: 'look_up', paymentId }
}

/**
 * The payment's id in the metadata of an event's object. Charges inherit the metadata of their
 * PaymentIntent, disputes do not. `null`: the object has none, or another shape.
 */
function paymentIdIn(object: unknown): string | null {
  const value = read(object, ['metadata', paymentIdName])
  return typeof value === 'string' ? value : null
}

/**
 * Reads a field of unknown JSON. Other versions of Stripe's API have other shapes, and a signature only
 * says who sent the event.
 */
function read(object: unknown, path: readonly string[]): unknown {
  let value = object
  for (const name of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}
