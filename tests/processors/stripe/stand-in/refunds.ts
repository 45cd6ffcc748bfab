import { type Answer, error, type Intent, ok, type Refund, showRefund } from './answers.ts'
import type { DisputeBooks } from './disputes.ts'
import { listMade } from './list-made.ts'

type Metadata = Record<string, string>

/** What a refund request says. */
export interface GivenRefund {
  readonly amount?: unknown
  readonly metadata?: Metadata | undefined
}

/** The refunds in Stripe's books. */
export class RefundBooks {
  readonly #refunds: Refund[] = []
  readonly #disputes: DisputeBooks
  readonly #onRefund: (intent: Intent, amount: number) => void

  constructor(given: {
    disputes: DisputeBooks
    onRefund: (intent: Intent, amount: number) => void
  }) {
    this.#disputes = given.disputes
    this.#onRefund = given.onRefund
  }

  /** The answer to a list of refunds: of a PaymentIntent, or since a time and with their PaymentIntents. */
  list(query: Record<string, unknown>, show: (intentId: string) => object): Answer {
    const { payment_intent: intentId } = query
    if (intentId === undefined) {
      return listMade(this.#refunds, query, (one) => ({
        ...showRefund(one),
        payment_intent: show(one.payment_intent),
      }))
    }
    const data = this.#refunds.filter((refund) => refund.payment_intent === intentId)
    return ok({ object: 'list', has_more: false, data: data.map(showRefund) })
  }

  refund(intent: Intent | undefined, { amount: wanted, metadata }: GivenRefund): Answer {
    if (!intent || intent.received === 0) return error(400, { code: 'charge_not_refundable' })
    const refusal = this.#disputes.refuseRefund(intent)
    if (refusal) return refusal
    const left = this.keptOf(intent)
    const amount = Number(wanted ?? left)
    if (left === 0) return error(400, { code: 'charge_already_refunded', message: 'Refunded.' })
    if (amount > left) return error(400, { param: 'amount', message: 'Greater than left.' })
    const status = statuses[intent.token ?? ''] ?? 'succeeded'
    const refund = this.#add(intent, { amount, status, transaction: 'txn_2', metadata })
    if (status !== 'failed') this.#onRefund(intent, amount)
    return ok(showRefund(refund))
  }

  /** Stripe lists the release of what was not captured as a refund. */
  release(intent: Intent, amount: number): void {
    this.#add(intent, { amount, status: 'succeeded', transaction: null })
  }

  /** Decides refunds: all, those that a person has made, or the others. A failed refund stays failed. */
  decide(intent: Intent | undefined, status: 'succeeded' | 'failed', isByHand?: boolean): void {
    const isWanted = (refund: Refund) =>
      (isByHand === undefined || isByHand === (refund.metadata.hedge_refund_id === undefined)) &&
      (status === 'failed' || refund.status === 'pending')
    for (const refund of this.#returnsOf(intent)) if (isWanted(refund)) refund.status = status
  }

  completeAll(): void {
    for (const refund of this.#refunds) if (refund.status === 'pending') refund.status = 'succeeded'
  }

  /** Sets the status of the latest refund. */
  setLatest(status: string): void {
    const refund = this.#refunds.at(-1)
    if (refund) refund.status = status
  }

  /** The captured amount without refunds. */
  keptOf(intent: Intent | undefined): number {
    const given = this.#returnsOf(intent).filter(({ status }) => status !== 'failed')
    return (intent?.received ?? 0) - given.reduce((sum, { amount }) => sum + amount, 0)
  }

  #add(
    intent: Intent,
    given: {
      amount: number
      status: string
      transaction: string | null
      metadata?: Metadata | undefined
    },
  ): Refund {
    const refund: Refund = {
      id: `re_${this.#refunds.length + 1}`,
      created: Math.floor(Date.now() / 1000),
      payment_intent: intent.id,
      amount: given.amount,
      currency: intent.currency,
      status: given.status,
      metadata: given.metadata ?? {},
      balance_transaction: given.transaction,
    }
    this.#refunds.push(refund)
    return refund
  }

  /** The refunds of captured money. */
  #returnsOf(intent: Intent | undefined): Refund[] {
    return this.#refunds.filter(
      (refund) => refund.payment_intent === intent?.id && refund.balance_transaction !== null,
    )
  }
}

/** The first status of a refund, by the token of its payment. Banks take days for theirs. */
const statuses: Readonly<Record<string, string>> = {
  pm_card_refundFail: 'failed',
  pm_card_refundPending: 'pending',
  pm_usBankAccount_refundPending: 'pending',
}
