import { createParameters, declines, tokens } from './accepted.ts'
import {
  type Answer,
  cardOf,
  collapse,
  error,
  type Intent,
  isDebit,
  ok,
  showIntent,
} from './answers.ts'
import { DebitBooks, showMethod } from './debits.ts'
import { DisputeBooks, type GivenDispute } from './disputes.ts'
import { RefundBooks } from './refunds.ts'

export interface Movement {
  /** `debit`: a debit was sent to the bank. It takes the money when it succeeds. */
  readonly kind: 'authorize' | 'capture' | 'cancel' | 'refund' | 'debit'
  readonly intent: string
  readonly amount: number
}

type Body = Record<string, unknown> & { metadata?: Record<string, string> }
/** Stripe's books, and its answers to requests. */
export class StripeBooks {
  readonly movements: Movement[] = []
  readonly #intents = new Map<string, Intent>()
  readonly #byPayment = new Map<string, Intent[]>()
  readonly disputes = new DisputeBooks()
  readonly refunds = new RefundBooks({
    disputes: this.disputes,
    onRefund: (intent, amount) => this.#move('refund', intent, amount),
  })
  readonly debits = new DebitBooks({
    sent: (intent) => this.#move('debit', intent, intent.amount),
    success: (intent) => this.#capture(intent),
  })

  /** Answers a request. Objects are expanded only where the request says so, and never in errors. */
  answer(line: string, given: unknown): Answer {
    const { expand = [] } = given as { expand?: string[] }
    const { status, body } = this.#answer(line, given as Body)
    return { status, body: collapse(body, status === 200 ? expand : []) }
  }

  #answer(line: string, body: Body): Answer {
    const [, id, action] = /^\w+ \/v1\/payment_intents\/(pi_\w+)(?:\/(\w+))?$/.exec(line) ?? []
    if (id) return this.#aboutIntent(line, this.#intents.get(id), action ?? '', body)
    const [, method] = /^GET \/v1\/payment_methods\/(pm_\w+)$/.exec(line) ?? []
    if (method) return showMethod(method, tokens)
    switch (line) {
      case 'POST /v1/payment_intents':
        return this.#create(body)
      case 'GET /v1/payment_intents/search': {
        const wanted = /:'(.+)'$/.exec(String(body.query))?.[1] ?? ''
        const data = this.#allOfPayment(wanted).map((intent) => this.#show(intent.id))
        return ok({ object: 'search_result', has_more: false, data })
      }
      case 'POST /v1/payment_methods': {
        const token = String((body.card as { token?: string } | undefined)?.token)
        return ok({ id: token.replace('tok_', 'pm_card_'), object: 'payment_method' })
      }
      case 'POST /v1/refunds':
        return this.refunds.refund(this.#intents.get(String(body.payment_intent)), body)
      case 'GET /v1/refunds':
        return this.refunds.list(body, (intentId) => this.#show(intentId))
      case 'GET /v1/disputes':
        return this.disputes.list(body, (intentId) => this.#show(intentId))
      default:
        return error(404, { message: `Unrecognized request URL (${line}).` })
    }
  }

  intentOf(paymentId: string): string | undefined {
    return this.#ofPayment(paymentId)?.id
  }

  movementsOf(paymentId: string): Movement[] {
    const ids = this.#allOfPayment(paymentId).map(({ id }) => id)
    return this.movements.filter(({ intent }) => ids.includes(intent))
  }

  finishAction(paymentId: string, passes: boolean): void {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'requires_action') throw new Error('there is nothing to finish')
    if (passes) this.#authorize(intent)
    else this.#decline(intent, { code: 'payment_intent_authentication_failure' })
  }

  authorizeLate(paymentId: string): void {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'requires_payment_method' || intent.token === null) {
      throw new Error('it cannot be confirmed')
    }
    this.#authorize(intent)
  }

  decideRefunds(paymentId: string, status: 'succeeded' | 'failed', isByHand?: boolean): void {
    this.refunds.decide(this.#ofPayment(paymentId), status, isByHand)
  }

  keptOf(paymentId: string): number {
    return this.refunds.keptOf(this.#ofPayment(paymentId))
  }

  decideDebit(paymentId: string, failure?: string): void {
    const intent = this.#ofPayment(paymentId)
    if (!intent) throw new Error('there is no debit')
    this.debits.decide(intent, failure)
  }

  decideAllDebits(): void {
    for (const intent of this.#intents.values()) {
      if (isDebit(intent) && intent.status === 'processing') this.debits.decide(intent)
    }
  }

  settleAll(): void {
    for (const intent of this.#intents.values()) {
      if (intent.status === 'succeeded') intent.settled = true
    }
  }

  captureByHand(paymentId: string, amount?: number): void {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'requires_capture') throw new Error('there is nothing to capture')
    this.#capture(intent, amount)
  }

  /** The payment methods that the account has activated. Stripe leaves out all others without an error. */
  activated: readonly string[] = ['card', 'us_bank_account']

  /** A capture of a part with `final_capture=false`: the rest stays authorized. */
  capturePart(paymentId: string, amount: number): void {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'requires_capture') throw new Error('there is nothing to capture')
    intent.received = amount
    this.#move('capture', intent, amount)
  }

  /** How long Stripe keeps the authorizations that come next, in Unix seconds; `null`: it does not say. */
  captureBefore: number | null = null

  /** Nobody has captured in time. */
  lapse(paymentId: string): void {
    this.cancelByHand(paymentId)
    const intent = this.#ofPayment(paymentId)
    if (intent) intent.cancellationReason = 'automatic'
  }

  cancelByHand(paymentId: string): void {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'requires_capture') throw new Error('there is nothing to cancel')
    this.#move('cancel', intent, intent.amount)
    intent.status = 'canceled'
    intent.cancellationReason = 'requested_by_customer'
  }

  dispute(paymentId: string, given: GivenDispute): string {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'succeeded') throw new Error('there is nothing to dispute')
    return this.disputes.open(intent, given)
  }

  refundByHand(paymentId: string, amount?: number, refundStatus?: string): void {
    const { status, body } = this.refunds.refund(this.#ofPayment(paymentId), { amount })
    if (status !== 200) throw new Error(`it cannot be refunded: ${JSON.stringify(body)}`)
    if (refundStatus) this.refunds.setLatest(refundStatus)
  }

  #aboutIntent(line: string, intent: Intent | undefined, action: string, body: Body): Answer {
    if (!intent) return error(404, { code: 'resource_missing', param: 'intent' })
    this.debits.passTime(intent)
    if (line.startsWith('GET')) return ok(showIntent(intent))
    const open = ['requires_payment_method', 'requires_confirmation', 'requires_action']
    if (action === 'confirm' && open.includes(intent.status)) {
      return isDebit(intent) ? this.debits.confirm(intent, body) : this.#confirm(intent, body)
    }
    if (action === 'capture' && intent.status === 'requires_capture') {
      const amount = Number(body.amount_to_capture ?? intent.amount)
      if (amount > intent.amount) return error(400, { code: 'amount_too_large' })
      this.#capture(intent, amount)
      return ok(showIntent(intent))
    }
    if (action === 'cancel' && [...open, 'requires_capture'].includes(intent.status)) {
      if (intent.status === 'requires_capture') this.#move('cancel', intent, intent.amount)
      intent.status = 'canceled'
      return ok(showIntent(intent))
    }
    return error(400, {
      code: 'payment_intent_unexpected_state',
      message: `You cannot ${action} this PaymentIntent because it has a status of ${intent.status}.`,
      payment_intent: showIntent(intent),
    })
  }

  #create(body: Body): Answer {
    const unknown = Object.keys(body).filter((name) => !createParameters.has(name))
    if (unknown.includes('payment_method_types')) {
      return error(400, { code: 'payment_method_types_no_longer_supported' })
    }
    if (unknown.length > 0) return error(400, { code: 'parameter_unknown', param: unknown[0] })
    if (Number(body.amount) < 50) {
      return error(400, { code: 'amount_too_small', message: 'Amount must be at least $0.50 usd' })
    }
    if (!/[a-z]/i.test(String(body.statement_descriptor_suffix ?? 'x'))) {
      const message = 'The statement descriptor must contain at least one letter.'
      return error(400, { param: 'statement_descriptor_suffix', message })
    }
    const { allowed_payment_method_types: allowed = ['card'] } = body as {
      [name: string]: string[]
    }
    const intent: Intent = {
      id: `pi_${this.#intents.size + 1}`,
      amount: Number(body.amount),
      currency: String(body.currency),
      status: 'requires_payment_method',
      received: 0,
      cancellationReason: null,
      authorizedAt: null,
      captureBefore: null,
      metadata: body.metadata ?? {},
      token: null,
      returnUrl: null,
      error: null,
      settled: false,
      disputed: false,
      isManual: body.capture_method === 'manual',
      methods: allowed.filter((method) => this.activated.includes(method)),
      decidesAtMs: null,
    }
    this.#intents.set(intent.id, intent)
    const paymentId = String(intent.metadata.hedge_payment_id)
    this.#byPayment.set(paymentId, [...this.#allOfPayment(paymentId), intent])
    return ok(showIntent(intent))
  }

  #confirm(intent: Intent, body: Body): Answer {
    const token = String(body.payment_method)
    if (!tokens.includes(token)) {
      return error(400, { code: 'resource_missing', param: 'payment_method' })
    }
    intent.token = token
    intent.returnUrl = String(body.return_url)
    const declineCode = declines[token]
    if (declineCode) {
      this.#decline(intent, { code: 'card_declined', decline_code: declineCode })
      const said = { type: 'card_error', ...intent.error, payment_intent: showIntent(intent) }
      return error(402, said)
    }
    if (token === 'pm_card_threeDSecureRequired') intent.status = 'requires_action'
    else this.#authorize(intent)
    return ok(showIntent(intent))
  }

  #authorize(intent: Intent): void {
    intent.status = 'requires_capture'
    intent.error = null
    intent.authorizedAt = Math.floor(Date.now() / 1000)
    intent.captureBefore = this.captureBefore
    this.#move('authorize', intent, intent.amount)
    if (!intent.isManual) this.#capture(intent)
  }

  #decline(intent: Intent, said: Record<string, unknown>): void {
    intent.status = 'requires_payment_method'
    const method = {
      id: 'pm_1',
      object: 'payment_method',
      type: 'card',
      card: cardOf(intent.token),
    }
    intent.error = { ...said, message: 'Your card was declined.', payment_method: method }
  }

  #capture(intent: Intent, amount = intent.amount): void {
    intent.status = 'succeeded'
    intent.received = amount
    this.#move('capture', intent, amount)
    // Stripe lists the release of the rest as a refund.
    const rest = intent.amount - amount
    if (rest > 0) this.refunds.release(intent, rest)
  }

  #move(kind: Movement['kind'], intent: Intent, amount: number): void {
    this.movements.push({ kind, intent: intent.id, amount })
  }

  #show(intentId: string): Record<string, unknown> {
    const intent = this.#intents.get(intentId)
    if (!intent) throw new Error(`there is no ${intentId}`)
    this.debits.passTime(intent)
    return showIntent(intent)
  }

  #ofPayment(paymentId: string): Intent | undefined {
    // A second PaymentIntent is one that was created again, because the first answer was lost.
    const all = this.#allOfPayment(paymentId)
    return all.find(({ token }) => token !== null) ?? all[0]
  }

  #allOfPayment(paymentId: string): Intent[] {
    return this.#byPayment.get(paymentId) ?? []
  }
}
