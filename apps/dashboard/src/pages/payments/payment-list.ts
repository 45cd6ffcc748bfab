import type { Payment } from '@hedgepayments/contract'
import { listPayments, type PaymentFilter, pageSize } from '../../api/payments.ts'

/** What a row shows: a small part of a payment, so that a hundred thousand fit in memory. */
export interface PaymentRow {
  readonly id: string
  readonly amount: number
  readonly currency: string
  readonly status: Payment['status']
  readonly cancelable: boolean
  readonly email: string
  readonly description: string | null
  readonly createdAt: string
}

export interface ListState {
  /** Newest first. */
  readonly rows: readonly PaymentRow[]
  readonly hasMore: boolean
  /** When what is on screen was last confirmed by the server; `null`: never yet. */
  readonly freshAtMs: number | null
  readonly loading: boolean
  readonly error: Error | null
}

/**
 * An endless list of payments that stays true while one looks at it: pages are added at its end,
 * and what is in view is asked for again and again, together with what is new at the top.
 */
export class PaymentList {
  readonly #filter: PaymentFilter
  readonly #listeners = new Set<() => void>()
  #state: ListState = { rows: [], hasMore: true, freshAtMs: null, loading: false, error: null }

  constructor(filter: PaymentFilter) {
    this.#filter = filter
  }

  readonly subscribe = (onChange: () => void) => {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  readonly snapshot = () => this.#state

  /** Adds the next page, unless one is on its way or there is none. */
  async loadMore(): Promise<void> {
    if (this.#state.loading || !this.#state.hasMore) return
    this.#set({ loading: true })
    const last = this.#state.rows.at(-1)
    try {
      const page = await listPayments(this.#filter, last ? { after: last.id } : {})
      this.#set({
        rows: [...this.#state.rows, ...page.data.map(toRow)],
        hasMore: page.has_more,
        loading: false,
        error: null,
        // Further rows say nothing about those above them.
        freshAtMs: last ? this.#state.freshAtMs : Date.now(),
      })
    } catch (error) {
      this.#set({ loading: false, error: error as Error })
    }
  }

  /** Asks again for the rows in view and for what is new at the top. */
  async refresh(view: { first: number; last: number }): Promise<void> {
    if (this.#state.rows.length === 0) {
      this.#set({ hasMore: true })
      return await this.loadMore()
    }
    const askedAtMs = Date.now()
    try {
      const top = await listPayments(this.#filter)
      this.#merge(undefined, top.data.map(toRow), top.has_more)
      // New rows at the top have moved the view down; one page covers any screen.
      if (view.last >= pageSize) {
        const after = this.#state.rows[Math.max(0, view.first - 1)]
        if (after) {
          const page = await listPayments(this.#filter, { after: after.id })
          this.#merge(after.id, page.data.map(toRow), page.has_more)
        }
      }
      this.#set({ freshAtMs: askedAtMs, error: null })
    } catch (error) {
      this.#set({ error: error as Error })
    }
  }

  /** Puts a page in place of what was known of its range, which begins below `after`. */
  #merge(after: string | undefined, page: readonly PaymentRow[], hasMore: boolean): void {
    const end = hasMore ? page.at(-1)?.id : undefined
    const above = after === undefined ? [] : this.#state.rows.filter((row) => row.id >= after)
    const below = end === undefined ? [] : this.#state.rows.filter((row) => row.id < end)
    this.#set({
      rows: [...above, ...page, ...below],
      ...(hasMore ? { hasMore: below.length > 0 ? this.#state.hasMore : true } : { hasMore }),
    })
  }

  #set(change: Partial<ListState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }
}

function toRow(payment: Payment): PaymentRow {
  return {
    id: payment.id,
    amount: payment.amount,
    currency: payment.currency,
    status: payment.status,
    cancelable: payment.cancelable,
    email: payment.customer_email,
    description: payment.description,
    createdAt: payment.created_at,
  }
}
