import { type Answer, error, type Intent, ok } from './answers.ts'
import { listMade } from './list-made.ts'

/** What a test says about a dispute. */
export interface GivenDispute {
  /** Default: the captured amount. */
  readonly amount?: number
  /** Stripe's code. Default: `product_not_received`. */
  readonly reason?: string
  /** Default: `needs_response`. */
  readonly status?: string
  /** Default: that of the payment. */
  readonly currency?: string
  /** Unix seconds; 0: there is no deadline. */
  readonly dueBy?: number
}

/** A dispute in Stripe's books, with the fields of the API. */
type Dispute = Record<string, unknown> & {
  readonly id: string
  readonly created: number
  readonly currency: string
  readonly amount: number
}

/** Stripe's fee for a dispute, in cents. */
const fee = 1_500

/** The disputes in Stripe's books. */
export class DisputeBooks {
  readonly #disputes: Dispute[] = []

  /** Opens a dispute of a captured payment. Returns its id. */
  open(intent: Intent, given: GivenDispute): string {
    const { amount = intent.received, currency = intent.currency, status, dueBy = 0 } = given
    intent.disputed = true
    const id = `dp_${this.#disputes.length + 1}`
    this.#disputes.push({
      id,
      object: 'dispute',
      created: Math.floor(Date.now() / 1000),
      payment_intent: intent.id,
      charge: 'ch_1',
      amount,
      currency,
      reason: given.reason ?? 'product_not_received',
      livemode: false,
      metadata: {},
      evidence_details: { due_by: dueBy },
      balance_transactions: [],
    })
    this.change(id, status ?? 'needs_response')
    return id
  }

  /** Changes the status, and withdraws or returns the money as Stripe does. */
  change(id: string, status: string): void {
    const dispute = this.#disputes.find((one) => one.id === id)
    if (!dispute) throw new Error(`there is no dispute ${id}`)
    const transactions = dispute.balance_transactions as object[]
    const { currency, amount } = dispute
    if (transactions.length === 0 && !status.startsWith('warning_')) {
      transactions.push({ currency, amount: -amount, fee })
    }
    if (status === 'won') transactions.push({ currency, amount, fee: -fee })
    dispute.status = status
  }

  /** Returns a part of what was withdrawn, as after a refund that was made before the dispute. */
  reinstate(id: string, amount: number): void {
    const dispute = this.#disputes.find((one) => one.id === id)
    if (!dispute) throw new Error(`there is no dispute ${id}`)
    const transactions = dispute.balance_transactions as object[]
    const { currency } = dispute
    transactions.push({ currency, amount: Math.min(amount, dispute.amount), fee: 0 })
  }

  /**
   * The answer to a list of disputes: of a PaymentIntent, or since a time and with their PaymentIntents.
   */
  list(query: Record<string, unknown>, show: (intentId: string) => object): Answer {
    const { payment_intent: intentId } = query
    if (intentId === undefined) {
      return listMade(this.#disputes, query, (one) => ({
        ...one,
        payment_intent: show(String(one.payment_intent)),
      }))
    }
    const data = this.#disputes.toReversed().filter((one) => one.payment_intent === intentId)
    return ok({ object: 'list', has_more: false, data })
  }

  /** Refuses to refund a payment whose money the customer demands back. */
  refuseRefund(intent: Intent): Answer | null {
    const isDisputed = this.#disputes.some(
      ({ payment_intent: id, status }) =>
        id === intent.id && status !== 'won' && !String(status).startsWith('warning_'),
    )
    return isDisputed ? error(400, { code: 'charge_disputed', message: 'Charged back.' }) : null
  }
}
