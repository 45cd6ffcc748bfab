import { type Answer, error, type Intent, ok } from './answers.ts'

/** What a test says about a dispute. */
export interface GivenDispute {
  /** Default: the captured amount. */
  readonly amount?: number
  /** Default: `needs_response`. */
  readonly status?: string
  /** Unix seconds; 0: there is no deadline. */
  readonly dueBy?: number
}

/** Stripe's fee for a dispute, in cents. */
const fee = 1_500

/** The disputes in Stripe's books. */
export class DisputeBooks {
  readonly #disputes: Record<string, unknown>[] = []

  /** Opens a dispute of a captured payment. Returns its id. */
  open(intent: Intent, { amount = intent.received, status, dueBy = 0 }: GivenDispute): string {
    intent.disputed = true
    const id = `dp_${this.#disputes.length + 1}`
    this.#disputes.push({
      id,
      object: 'dispute',
      payment_intent: intent.id,
      charge: 'ch_1',
      amount,
      currency: intent.currency,
      reason: 'product_not_received',
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
    const { currency, amount } = dispute as { currency: string; amount: number }
    if (transactions.length === 0 && !status.startsWith('warning_')) {
      transactions.push({ currency, amount: -amount, fee })
    }
    if (status === 'won') transactions.push({ currency, amount, fee: -fee })
    dispute.status = status
  }

  /** The answer to a list of the disputes of a PaymentIntent. */
  list(intentId: unknown): Answer {
    const data = this.#disputes.filter((one) => one.payment_intent === intentId).reverse()
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
