import type { Stripe } from 'stripe'
import type {
  AuthorizeRequest,
  AuthorizeResult,
  Call,
  CaptureResult,
  Processor,
  ProcessorPayment,
  ProcessorTruth,
  RefundRequest,
  RefundResult,
  VoidResult,
  WebhookMessage,
  WebhookNotice,
} from '../interface/processor.ts'
import { toStripeAmount } from './amounts.ts'
import {
  insist,
  paymentIdName,
  readFound,
  readIntent,
  readRefund,
  readRefunds,
  refundIdName,
} from './answers.ts'
import { type StripeAccess, stripeClient } from './client.ts'
import { confirm } from './confirm.ts'
import { createIntent } from './create-intent.ts'
import { declineIn, intentIn, isUnexpectedState, refundDeclineIn } from './declines.ts'
import { withKey } from './kept-failures.ts'
import { captureResultOf, declined, gone, refundResultOf } from './results.ts'
import { intentExpansion, truthOf } from './truth.ts'
import { readStripeWebhook } from './webhook.ts'

export const stripeName = 'stripe'

type Query = Omit<Call, 'idempotencyKey'>

/**
 * Stripe. A payment of ours is one PaymentIntent with manual capture, made with an idempotency key
 * of its own, so that there is one however often it is asked for; then it is confirmed, captured,
 * canceled or refunded, each with the key of the call.
 */
export class StripeProcessor implements Processor {
  readonly name = stripeName
  readonly #access: StripeAccess

  constructor(access: StripeAccess) {
    this.#access = access
  }

  async authorize(payment: ProcessorPayment, request: AuthorizeRequest): Promise<AuthorizeResult> {
    if (payment.method !== 'card') {
      // Bank debits and the rest cannot be authorized first and captured later at Stripe.
      const message = `Stripe cannot hold an amount by ${payment.method}: only cards can.`
      return declined(null, { code: 'payment_method_unsupported', message })
    }
    const amount = toStripeAmount(payment.money)
    if (amount === null) {
      const message = `Stripe cannot charge this amount of ${payment.money.currency}: it is too exact.`
      return declined(null, { code: 'amount_unsupported', message })
    }
    const stripe = stripeClient(this.#access, request.signal)
    let { reference } = payment
    try {
      reference ??= (await createIntent(stripe, payment, amount)).id
      return await confirm(stripe, { payment, request, reference })
    } catch (error) {
      const decline = declineIn(error)
      if (decline)
        return declined(intentIn(error, { payment, reference })?.id ?? payment.reference, decline)
      throw error
    }
  }

  async capture(payment: ProcessorPayment, call: Call): Promise<CaptureResult> {
    const stripe = stripeClient(this.#access, call.signal)
    const found = await this.#find(stripe, payment)
    if (!found) return gone(null)
    try {
      const { idempotencyKey } = call
      const answer = await withKey(() =>
        stripe.paymentIntents.capture(found.id, { expand: intentExpansion }, { idempotencyKey }),
      )
      const intent = readIntent(answer, { payment, reference: found.id })
      return captureResultOf(truthOf(intent, []))
    } catch (error) {
      const decline = declineIn(error)
      if (decline) return declined(found.id, decline)
      if (!isUnexpectedState(error)) throw error
      return captureResultOf(await this.#truth(stripe, payment, found.id))
    }
  }

  async void(payment: ProcessorPayment, call: Call): Promise<VoidResult> {
    const stripe = stripeClient(this.#access, call.signal)
    const { reference } = payment
    const { idempotencyKey } = call
    if (reference !== null) {
      return await this.#cancel(stripe, payment, { reference, idempotencyKey })
    }
    for (const one of await this.#referencesToVoid(stripe, payment)) {
      const canceling = { reference: one, idempotencyKey: `${idempotencyKey}-${one}` }
      const result = await this.#cancel(stripe, payment, canceling)
      if (result.outcome !== 'voided') return result
    }
    return { outcome: 'voided' }
  }

  async refund(payment: ProcessorPayment, request: RefundRequest): Promise<RefundResult> {
    const stripe = stripeClient(this.#access, request.signal)
    const found = await this.#find(stripe, payment)
    if (!found) {
      const message = 'Stripe has no such payment.'
      return declined(null, { code: 'refund_failed', message })
    }
    const { currency } = payment.money
    const amount = toStripeAmount({ minor: request.amountMinor, currency })
    if (amount === null) {
      const message = `Stripe cannot refund this amount of ${currency}: it is too exact.`
      return declined(null, { code: 'refund_failed', message })
    }
    try {
      const { idempotencyKey } = request
      const metadata = { [paymentIdName]: payment.id, [refundIdName]: request.refundId }
      const answer = await withKey(() =>
        stripe.refunds.create({ payment_intent: found.id, amount, metadata }, { idempotencyKey }),
      )
      const refund = readRefund(answer, { payment, reference: found.id })
      const isAsked =
        refund.amount === amount && refund.metadata?.[refundIdName] === request.refundId
      insist(isAsked, 'it is about another refund')
      return refundResultOf(refund)
    } catch (error) {
      const decline = refundDeclineIn(error)
      if (decline) return declined(null, decline)
      throw error
    }
  }

  async lookUp(payment: ProcessorPayment, query: Query): Promise<ProcessorTruth> {
    const stripe = stripeClient(this.#access, query.signal)
    const found = await this.#find(stripe, payment)
    return found ? await this.#truth(stripe, payment, found.id) : { state: 'absent' }
  }

  noticeFromWebhook(message: WebhookMessage): Promise<WebhookNotice> {
    return Promise.resolve(readStripeWebhook(message, this.#access.webhookSecret))
  }

  async #cancel(
    stripe: Stripe,
    payment: ProcessorPayment,
    { reference, idempotencyKey }: { reference: string; idempotencyKey: string },
  ): Promise<VoidResult> {
    try {
      const answer = await withKey(() =>
        stripe.paymentIntents.cancel(reference, {}, { idempotencyKey }),
      )
      const { status } = readIntent(answer, { payment, reference })
      return status === 'canceled' ? { outcome: 'voided' } : { outcome: 'undecided', reference }
    } catch (error) {
      if (!isUnexpectedState(error)) throw error
      const truth = await this.#truth(stripe, payment, reference)
      if (truth.state === 'voided') return { outcome: 'voided' }
      if (truth.state !== 'captured') return { outcome: 'undecided', reference }
      const { capturedMinor, feeMinor } = truth
      return { outcome: 'captured', capturedMinor, feeMinor }
    }
  }

  /**
   * Whatever may be confirmed, or is, of a payment that no answer has told the reference of. Where
   * the search shows none that was, the one that its key names is given up as well, made only for
   * that if need be: whatever was on its way to authorize this payment meets one that is canceled.
   */
  async #referencesToVoid(stripe: Stripe, payment: ProcessorPayment): Promise<Set<string>> {
    const found = await this.#search(stripe, payment)
    const references = new Set(found.map(({ id }) => id))
    if (found.some(isTried)) return references
    const created = await this.#createToVoid(stripe, payment)
    return created === null ? references : references.add(created)
  }

  /** `null` where Stripe takes no payment like this one, so that none can come into being. */
  async #createToVoid(stripe: Stripe, payment: ProcessorPayment): Promise<string | null> {
    const amount = toStripeAmount(payment.money)
    if (amount === null) return null
    try {
      return (await createIntent(stripe, payment, amount)).id
    } catch (error) {
      if (declineIn(error)) return null
      throw error
    }
  }

  /** By its reference; without one by our id, which Stripe's search knows after about a minute. */
  async #find(stripe: Stripe, payment: ProcessorPayment): Promise<{ id: string } | null> {
    if (payment.reference !== null) return { id: payment.reference }
    const found = await this.#search(stripe, payment)
    return found.find(isTried) ?? found[0] ?? null
  }

  /** More than one only where Stripe has made one and said that it had failed. */
  async #search(stripe: Stripe, payment: ProcessorPayment): Promise<Stripe.PaymentIntent[]> {
    const query = `metadata['${paymentIdName}']:'${payment.id}'`
    return readFound(await stripe.paymentIntents.search({ query, limit: 100 }), payment)
  }

  async #truth(
    stripe: Stripe,
    payment: ProcessorPayment,
    reference: string,
  ): Promise<ProcessorTruth> {
    const answer = await stripe.paymentIntents.retrieve(reference, { expand: intentExpansion })
    const intent = readIntent(answer, { payment, reference })
    const isTaken = intent.status === 'succeeded'
    return truthOf(intent, isTaken ? await this.#refunds(stripe, payment, reference) : [])
  }

  async #refunds(
    stripe: Stripe,
    payment: ProcessorPayment,
    reference: string,
  ): Promise<Stripe.Refund[]> {
    const refunds: Stripe.Refund[] = []
    let next: string | null = null
    do {
      const answer: unknown = await stripe.refunds.list({
        payment_intent: reference,
        limit: 100,
        ...(next === null ? {} : { starting_after: next }),
      })
      const page = readRefunds(answer, { payment, reference })
      refunds.push(...page.refunds)
      next = page.next
    } while (next !== null)
    return refunds
  }
}

/** Whether something was ever asked of it. */
function isTried(intent: Stripe.PaymentIntent): boolean {
  return truthOf(intent, []).state !== 'absent'
}
