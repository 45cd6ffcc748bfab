import { createHash } from 'node:crypto'
import type { Money } from '@hedgepayments/contract'
import type { Stripe } from 'stripe'
import type {
  AuthorizeRequest,
  Call,
  CaptureRequest,
  PageForm,
  Processor,
  ProcessorPayment,
  Query,
  RefundRequest,
  WebhookMessage,
  WebhookNotice,
} from '../interface/processor.ts'
import type {
  AuthorizeResult,
  CaptureResult,
  PaymentState,
  RefundResult,
  VoidResult,
} from '../interface/results.ts'
import {
  insist,
  paymentIdName,
  readFound,
  readIntent,
  readRefund,
  refundIdName,
} from './answers.ts'
import {
  isReplay,
  keptFailure,
  type StripeAccess,
  stripeClient,
  withKey,
  withReplayedKey,
} from './client.ts'
import { confirm } from './confirm.ts'
import { cardParameters, createIntent, retrieveIntent } from './create-intent.ts'
import { StripeDebits } from './debits.ts'
import { declineIn, intentIn, isDecided, isUnexpectedState, refundDeclineIn } from './declines.ts'
import { toStripeAmount } from './money/amounts.ts'
import { stripeRules } from './money/rules.ts'
import {
  authorizationEnded,
  captureResultOf,
  declined,
  refundResultOf,
  voidResultOf,
} from './results.ts'
import { listDisputes, listRefunds, StripeSearches } from './searches.ts'
import { hasDisputes, intentExpansion, isAttempted, mostAdvanced, stateOf } from './state.ts'
import { readStripeWebhook } from './webhook.ts'

export const stripeName = 'stripe'

/**
 * Stripe. Each payment has one PaymentIntent, for a card with manual capture. Its idempotency key follows
 * from the payment's id, so repeated calls create only one. Confirming, capturing, canceling and refunding it
 * use the idempotency key of the call.
 */
export class StripeProcessor implements Processor {
  readonly name = stripeName
  readonly hasDashboard = true
  readonly rules = stripeRules
  readonly account: string
  readonly debits: StripeDebits
  readonly searches: StripeSearches
  readonly #access: StripeAccess

  constructor(access: StripeAccess) {
    this.#access = access
    this.debits = new StripeDebits(access)
    this.searches = new StripeSearches(access)
    const digest = createHash('sha256').update(access.secretKey).digest('hex')
    this.account = `${stripeName} ${digest.slice(0, 32)}`
  }

  pageForm(money: Money): PageForm | null {
    const { publishableKey } = this.#access
    const amount = toStripeAmount(money)
    if (publishableKey === null || amount === null) return null
    const currency = money.currency.toLowerCase()
    const stripe = { publishable_key: publishableKey, amount, currency }
    // Stripe debits accounts of the United States only, in their currency.
    const methods = money.currency === 'USD' ? (['card', 'ach'] as const) : (['card'] as const)
    return { type: 'stripe', methods, stripe }
  }

  async authorize(payment: ProcessorPayment, request: AuthorizeRequest): Promise<AuthorizeResult> {
    if (payment.method !== 'card') {
      // At Stripe, only cards separate authorization from capture. Bank accounts are debited at once.
      const message = `Stripe can authorize cards only, not ${payment.method}.`
      return declined(null, { code: 'payment_method_unsupported', message })
    }
    const amount = toStripeAmount(payment.money)
    if (amount === null) {
      const { currency } = payment.money
      const message = `Stripe cannot charge this amount of ${currency}: it has too many decimals.`
      return declined(null, { code: 'amount_unsupported', message })
    }
    const stripe = stripeClient(this.#access, request.signal)
    let { reference } = payment
    try {
      reference ??= (await createIntent(stripe, payment, cardParameters(amount))).id
      return await confirm(stripe, { payment, request, reference })
    } catch (error) {
      const decline = declineIn(error)
      if (decline)
        return declined(intentIn(error, { payment, reference })?.id ?? payment.reference, decline)
      throw error
    }
  }

  async capture(payment: ProcessorPayment, request: CaptureRequest): Promise<CaptureResult> {
    const stripe = stripeClient(this.#access, request.signal)
    const found = await this.#find(stripe, payment)
    if (!found) return authorizationEnded(null)
    const { currency } = payment.money
    const amount = toStripeAmount({ minor: request.amountMinor, currency })
    if (amount === null) {
      const message = `Stripe cannot capture this amount of ${currency}: it has too many decimals.`
      return declined(found.id, { code: 'amount_unsupported', message })
    }
    try {
      const { idempotencyKey } = request
      const taken: Stripe.PaymentIntentCaptureParams = {
        amount_to_capture: amount,
        expand: intentExpansion,
      }
      const answer = await withKey(
        () => stripe.paymentIntents.capture(found.id, taken, { idempotencyKey }),
        isDecided,
      )
      const intent = readIntent(answer, { payment, reference: found.id })
      return captureResultOf(stateOf(intent, []), hasDisputes(intent))
    } catch (error) {
      const decline = declineIn(error)
      if (decline) return declined(found.id, decline)
      if (!isUnexpectedState(error)) throw error
      const current = await this.#retrieveState(stripe, payment, found.id)
      // Stripe repeats an earlier refusal, and would take the capture now.
      if (current.state === 'authorized' && isReplay(error)) throw keptFailure(error)
      return captureResultOf(current)
    }
  }

  async void(payment: ProcessorPayment, call: Call): Promise<VoidResult> {
    const stripe = stripeClient(this.#access, call.signal)
    const { reference } = payment
    const { idempotencyKey } = call
    if (reference !== null) {
      return await this.#cancel(stripe, payment, { reference, idempotencyKey })
    }
    for (const found of await this.#referencesToVoid(stripe, payment)) {
      const canceling = { reference: found, idempotencyKey: `${idempotencyKey}-${found}` }
      const result = await this.#cancel(stripe, payment, canceling)
      if (result.outcome !== 'voided') return result
    }
    return { outcome: 'voided' }
  }

  async refund(payment: ProcessorPayment, request: RefundRequest): Promise<RefundResult> {
    const stripe = stripeClient(this.#access, request.signal)
    const found = await this.#find(stripe, payment)
    if (!found) {
      const message = 'Stripe does not know the payment.'
      return declined(null, { code: 'refund_failed', message })
    }
    const { currency } = payment.money
    const amount = toStripeAmount({ minor: request.amountMinor, currency })
    if (amount === null) {
      const message = `Stripe cannot refund this amount of ${currency}: it has too many decimals.`
      return declined(null, { code: 'refund_failed', message })
    }
    try {
      const { idempotencyKey } = request
      const metadata = { [paymentIdName]: payment.id, [refundIdName]: request.refundId }
      const answer = await withReplayedKey(
        () =>
          stripe.refunds.create({ payment_intent: found.id, amount, metadata }, { idempotencyKey }),
        (error) => refundDeclineIn(error) !== null,
      )
      const refund = readRefund(answer, { payment, reference: found.id })
      const isRequested =
        refund.amount === amount && refund.metadata?.[refundIdName] === request.refundId
      insist(isRequested, 'it is about another refund')
      return refundResultOf(refund)
    } catch (error) {
      const decline = refundDeclineIn(error)
      if (decline) return declined(null, decline)
      throw error
    }
  }

  async lookUp(payment: ProcessorPayment, query: Query): Promise<PaymentState> {
    const stripe = stripeClient(this.#access, query.signal)
    const found = await this.#find(stripe, payment)
    return found ? await this.#retrieveState(stripe, payment, found.id) : { state: 'absent' }
  }

  noticeFromWebhook(message: WebhookMessage): Promise<WebhookNotice> {
    return readStripeWebhook(message, this.#access)
  }

  async #cancel(
    stripe: Stripe,
    payment: ProcessorPayment,
    { reference, idempotencyKey }: { reference: string; idempotencyKey: string },
  ): Promise<VoidResult> {
    try {
      const answer = await withKey(
        () => stripe.paymentIntents.cancel(reference, {}, { idempotencyKey }),
        isUnexpectedState,
      )
      const { status, amount_received: received } = readIntent(answer, { payment, reference })
      if (status === 'canceled' && !(received > 0)) return { outcome: 'voided' }
      return voidResultOf(await this.#retrieveState(stripe, payment, reference), reference)
    } catch (error) {
      if (!isUnexpectedState(error)) throw error
      const result = voidResultOf(await this.#retrieveState(stripe, payment, reference), reference)
      // Stripe repeats an earlier refusal, and may take the cancel now.
      if (result.outcome === 'undecided' && isReplay(error)) throw keptFailure(error)
      return result
    }
  }

  /**
   * The PaymentIntents of a payment whose reference is unknown. If the search finds none that was
   * confirmed, the PaymentIntent of the payment's idempotency key is voided as well, and created for
   * that if necessary. An authorization still on its way then meets a canceled PaymentIntent.
   */
  async #referencesToVoid(stripe: Stripe, payment: ProcessorPayment): Promise<Set<string>> {
    const found = await this.#search(stripe, payment)
    const references = new Set(found.map(({ id }) => id))
    if (found.some(isAttempted)) return references
    const created = await this.#createToVoid(stripe, payment)
    return created === null ? references : references.add(created)
  }

  /** Creates a PaymentIntent to void. `null`: Stripe refuses the payment, so none can be authorized. */
  async #createToVoid(stripe: Stripe, payment: ProcessorPayment): Promise<string | null> {
    const amount = toStripeAmount(payment.money)
    // A debit is voided only after it was sent, so it is found.
    if (amount === null || payment.method !== 'card') return null
    try {
      return (await createIntent(stripe, payment, cardParameters(amount))).id
    } catch (error) {
      if (declineIn(error)) return null
      throw error
    }
  }

  /** Finds a PaymentIntent by its reference, else by the payment's id. The search is a minute behind. */
  async #find(stripe: Stripe, payment: ProcessorPayment): Promise<{ id: string } | null> {
    if (payment.reference !== null) return { id: payment.reference }
    return mostAdvanced(await this.#search(stripe, payment))
  }

  /** Finds the PaymentIntents of a payment: more than one only if Stripe created one and reported a failure. */
  async #search(stripe: Stripe, payment: ProcessorPayment): Promise<Stripe.PaymentIntent[]> {
    const query = `metadata['${paymentIdName}']:'${payment.id}'`
    return readFound(await stripe.paymentIntents.search({ query, limit: 100 }), payment)
  }

  async #retrieveState(
    stripe: Stripe,
    payment: ProcessorPayment,
    reference: string,
  ): Promise<PaymentState> {
    const intent = await retrieveIntent(stripe, { payment, reference })
    // A canceled PaymentIntent may have been captured in part before.
    if (!(intent.amount_received > 0)) return stateOf(intent, [])
    const refunds = await listRefunds(stripe, payment, reference)
    if (!hasDisputes(intent)) return stateOf(intent, refunds)
    return stateOf(intent, refunds, await listDisputes(stripe, reference))
  }
}
