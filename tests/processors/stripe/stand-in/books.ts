export interface Movement {
  readonly kind: 'authorize' | 'capture' | 'cancel' | 'refund'
  readonly intent: string
  readonly amount: number
}

interface Intent {
  id: string
  amount: number
  currency: string
  status: string
  metadata: Record<string, string>
  token: string | null
  error: Record<string, unknown> | null
  settled: boolean
  /** Otherwise Stripe takes the money as soon as it is authorized. */
  isManual: boolean
}

interface Refund {
  id: string
  payment_intent: string
  amount: number
  currency: string
  status: string
  metadata: Record<string, string>
}

type Body = Record<string, unknown> & { metadata?: Record<string, string> }
export type Answer = { status: number; body: Record<string, unknown> }
const declines: Readonly<Record<string, string>> = {
  pm_card_chargeDeclined: 'generic_decline',
  pm_card_chargeDeclinedInsufficientFunds: 'insufficient_funds',
  pm_card_chargeDeclinedLostCard: 'lost_card',
  pm_card_chargeDeclinedExpiredCard: 'expired_card',
}
const tokens: readonly string[] = [
  'pm_card_visa',
  'pm_card_threeDSecureRequired',
  'pm_card_refundFail',
  'pm_card_refundPending',
  ...Object.keys(declines),
]

/** What Stripe would have in its books, and what it would answer. */
export class StripeBooks {
  readonly movements: Movement[] = []
  readonly #intents = new Map<string, Intent>()
  readonly #refunds: Refund[] = []

  answer(line: string, given: unknown): Answer {
    const body = given as Body
    const [, id, action] = /^\w+ \/v1\/payment_intents\/(pi_\w+)(?:\/(\w+))?$/.exec(line) ?? []
    if (id) return this.#aboutIntent(line, this.#intents.get(id), action ?? '', body)
    switch (line) {
      case 'POST /v1/payment_intents':
        return this.#create(body)
      case 'GET /v1/payment_intents/search': {
        const wanted = /:'(.+)'$/.exec(String(body.query))?.[1] ?? ''
        const data = this.#allOfPayment(wanted).map((intent) => this.#show(intent))
        return ok({ object: 'search_result', has_more: false, data })
      }
      case 'POST /v1/payment_methods': {
        const token = String((body.card as { token?: string } | undefined)?.token)
        return ok({ id: token.replace('tok_', 'pm_card_'), object: 'payment_method' })
      }
      case 'POST /v1/refunds':
        return this.#refund(body)
      case 'GET /v1/refunds': {
        const data = this.#refunds.filter((refund) => refund.payment_intent === body.payment_intent)
        return ok({ object: 'list', has_more: false, data: data.map(showRefund) })
      }
      default:
        return error(404, { message: `Unrecognized request URL (${line}).` })
    }
  }

  intentOf(paymentId: string): string | undefined {
    return this.#ofPayment(paymentId)?.id
  }

  finishAction(paymentId: string, passes: boolean): void {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'requires_action') throw new Error('there is nothing to finish')
    if (passes) this.#authorize(intent)
    else this.#decline(intent, { code: 'payment_intent_authentication_failure' })
  }

  authorizeLate(paymentId: string): void {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'requires_payment_method') throw new Error('it cannot be confirmed')
    this.#authorize(intent)
  }

  decideRefunds(paymentId: string, status: 'succeeded' | 'failed'): void {
    const intent = this.#ofPayment(paymentId)
    for (const refund of this.#refunds) {
      if (refund.payment_intent === intent?.id) refund.status = status
    }
  }

  settleAll(): void {
    for (const intent of this.#intents.values()) {
      if (intent.status === 'succeeded') intent.settled = true
    }
  }

  captureByHand(paymentId: string): void {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'requires_capture') throw new Error('there is nothing to capture')
    this.#capture(intent)
  }

  cancelByHand(paymentId: string): void {
    const intent = this.#ofPayment(paymentId)
    if (intent?.status !== 'requires_capture') throw new Error('there is nothing to cancel')
    this.#move('cancel', intent, intent.amount)
    intent.status = 'canceled'
  }

  refundByHand(paymentId: string, amount: number): void {
    const { status, body } = this.#refund({ payment_intent: this.intentOf(paymentId), amount })
    if (status !== 200) throw new Error(`it cannot be refunded: ${JSON.stringify(body)}`)
  }

  #aboutIntent(line: string, intent: Intent | undefined, action: string, body: Body): Answer {
    if (!intent) return error(404, { code: 'resource_missing', param: 'intent' })
    if (line.startsWith('GET')) return ok(this.#show(intent))
    const open = ['requires_payment_method', 'requires_confirmation', 'requires_action']
    if (action === 'confirm' && open.includes(intent.status)) return this.#confirm(intent, body)
    if (action === 'capture' && intent.status === 'requires_capture') {
      this.#capture(intent)
      return ok(this.#show(intent))
    }
    if (action === 'cancel' && [...open, 'requires_capture'].includes(intent.status)) {
      if (intent.status === 'requires_capture') this.#move('cancel', intent, intent.amount)
      intent.status = 'canceled'
      return ok(this.#show(intent))
    }
    return error(400, {
      code: 'payment_intent_unexpected_state',
      message: `You cannot ${action} this PaymentIntent because it has a status of ${intent.status}.`,
      payment_intent: this.#show(intent),
    })
  }

  #create(body: Body): Answer {
    const unknown = Object.keys(body).filter((name) => !createParameters.has(name))
    if (unknown.length > 0) return error(400, { code: 'parameter_unknown', param: unknown[0] })
    if (Number(body.amount) < 50) {
      return error(400, { code: 'amount_too_small', message: 'Amount must be at least $0.50 usd' })
    }
    if (!/[a-z]/i.test(String(body.statement_descriptor_suffix ?? 'x'))) {
      const message = 'The statement descriptor must contain at least one letter.'
      return error(400, { param: 'statement_descriptor_suffix', message })
    }
    const intent: Intent = {
      id: `pi_${this.#intents.size + 1}`,
      amount: Number(body.amount),
      currency: String(body.currency),
      status: 'requires_payment_method',
      metadata: body.metadata ?? {},
      token: null,
      error: null,
      settled: false,
      isManual: body.capture_method === 'manual',
    }
    this.#intents.set(intent.id, intent)
    return ok(this.#show(intent))
  }

  #confirm(intent: Intent, body: Body): Answer {
    const token = String(body.payment_method)
    if (!tokens.includes(token)) {
      return error(400, { code: 'resource_missing', param: 'payment_method' })
    }
    intent.token = token
    const declineCode = declines[token]
    if (declineCode) {
      this.#decline(intent, { code: 'card_declined', decline_code: declineCode })
      const said = { type: 'card_error', ...intent.error, payment_intent: this.#show(intent) }
      return error(402, said)
    }
    if (token === 'pm_card_threeDSecureRequired') intent.status = 'requires_action'
    else this.#authorize(intent)
    return ok(this.#show(intent))
  }

  #authorize(intent: Intent): void {
    intent.status = 'requires_capture'
    intent.error = null
    this.#move('authorize', intent, intent.amount)
    if (!intent.isManual) this.#capture(intent)
  }

  #decline(intent: Intent, said: Record<string, unknown>): void {
    intent.status = 'requires_payment_method'
    intent.error = { ...said, message: 'Your card was declined.' }
  }

  #capture(intent: Intent): void {
    intent.status = 'succeeded'
    this.#move('capture', intent, intent.amount)
  }

  #refund(body: Body): Answer {
    const intent = this.#intents.get(String(body.payment_intent))
    if (intent?.status !== 'succeeded') return error(400, { code: 'charge_not_refundable' })
    const given = this.#refunds.filter(
      (refund) => refund.payment_intent === intent.id && refund.status !== 'failed',
    )
    const left = intent.amount - given.reduce((sum, refund) => sum + refund.amount, 0)
    const amount = Number(body.amount ?? left)
    if (left === 0) return error(400, { code: 'charge_already_refunded', message: 'Refunded.' })
    if (amount > left) return error(400, { param: 'amount', message: 'Greater than left.' })
    const status =
      intent.token === 'pm_card_refundFail'
        ? 'failed'
        : intent.token === 'pm_card_refundPending'
          ? 'pending'
          : 'succeeded'
    const refund: Refund = {
      id: `re_${this.#refunds.length + 1}`,
      payment_intent: intent.id,
      amount,
      currency: intent.currency,
      status,
      metadata: body.metadata ?? {},
    }
    this.#refunds.push(refund)
    if (status !== 'failed') this.#move('refund', intent, amount)
    return ok(showRefund(refund))
  }

  #move(kind: Movement['kind'], intent: Intent, amount: number): void {
    this.movements.push({ kind, intent: intent.id, amount })
  }

  #ofPayment(paymentId: string): Intent | undefined {
    return this.#allOfPayment(paymentId)[0]
  }

  #allOfPayment(paymentId: string): Intent[] {
    return [...this.#intents.values()].filter(
      (intent) => intent.metadata.hedge_payment_id === paymentId,
    )
  }

  #show(intent: Intent): Record<string, unknown> {
    const isCaptured = intent.status === 'succeeded'
    const url = `https://hooks.stripe.com/redirect/${intent.id}`
    return {
      id: intent.id,
      object: 'payment_intent',
      amount: intent.amount,
      amount_received: isCaptured ? intent.amount : 0,
      currency: intent.currency,
      status: intent.status,
      metadata: intent.metadata,
      last_payment_error: intent.error,
      next_action:
        intent.status === 'requires_action'
          ? { type: 'redirect_to_url', redirect_to_url: { url, return_url: null } }
          : null,
      latest_charge: isCaptured
        ? { id: 'ch_1', balance_transaction: showTransaction(intent) }
        : null,
    }
  }
}

const createParameters = new Set([
  'amount',
  'currency',
  'capture_method',
  'allowed_payment_method_types',
  'receipt_email',
  'metadata',
  'description',
  'statement_descriptor_suffix',
])

/** When what was captured is available: any time does. */
const availableOn = Date.UTC(2024, 5, 17) / 1000

function showTransaction(intent: Intent) {
  const fee = Math.round(intent.amount * 0.029) + 30
  const status = intent.settled ? 'available' : 'pending'
  return { id: 'txn_1', fee, currency: intent.currency, status, available_on: availableOn }
}

function showRefund(refund: Refund): Record<string, unknown> {
  return { object: 'refund', ...refund }
}

function ok(body: Record<string, unknown>): Answer {
  return { status: 200, body }
}

export function error(status: number, said: Record<string, unknown>): Answer {
  return { status, body: { error: { type: 'invalid_request_error', message: 'No.', ...said } } }
}
