import type { Payment } from '@hedgepayments/contract'
import type { List } from '../../api/client.ts'
import { listPayments, type PaymentFilter, pageSize } from '../../api/payments.ts'

/** The part of a payment that its row shows: 100,000 rows fit in memory. */
export interface PaymentRow {
  readonly id: string
  readonly amount: number
  readonly currency: string
  readonly status: Payment['status']
  readonly cancelable: boolean
  readonly disputed: boolean
  readonly email: string
  readonly description: string | null
  readonly createdAt: string
  /** When the row was requested. */
  readonly requestedAtMs: number
}

/** Indexes of the first and last row that are rendered. */
export interface View {
  readonly first: number
  readonly last: number
}

/** The loaded rows of the list, and the state of its requests. */
export interface ListState {
  /** Newest first. */
  readonly rows: readonly PaymentRow[]
  readonly hasMore: boolean
  /** When the newest rows were requested. `null`: nothing was answered yet. */
  readonly freshAtMs: number | null
  readonly loading: boolean
  readonly error: Error | null
}

/**
 * An endless list of payments, live. Pages are added at its end; a refresh reads the newest page and
 * the page in view. TanStack Query's infinite queries are no replacement: their refresh reads all
 * loaded pages, which may be a thousand.
 */
export class PaymentList {
  readonly #filter: PaymentFilter
  readonly #listeners = new Set<() => void>()
  #refreshing: Promise<void> | null = null
  /** A page that has ended early searched the payments down to this id. */
  #searchedTo: string | undefined
  #state: ListState = { rows: [], hasMore: true, freshAtMs: null, loading: false, error: null }

  constructor(filter: PaymentFilter) {
    this.#filter = filter
  }

  readonly subscribe = (onChange: () => void) => {
    this.#listeners.add(onChange)
    return () => this.#listeners.delete(onChange)
  }

  readonly snapshot = () => this.#state

  /** Adds the next page, unless it is loading or does not exist. */
  async loadMore(): Promise<void> {
    if (this.#state.loading || !this.#state.hasMore) return
    this.#set({ loading: true })
    const last = this.#state.rows.at(-1)
    const requestedAtMs = Date.now()
    try {
      const page = await this.#nextPage(last?.id)
      this.#set({
        rows: [...this.#state.rows, ...page.data.map((payment) => toRow(payment, requestedAtMs))],
        hasMore: page.has_more,
        loading: false,
        error: null,
        // A later page does not refresh the rows above it.
        freshAtMs: last ? this.#state.freshAtMs : requestedAtMs,
      })
    } catch (error) {
      this.#set({ loading: false, error: error as Error })
    }
  }

  /** The next page with payments. Where few payments match, the API answers some pages without any. */
  async #nextPage(lastId: string | undefined): Promise<List<Payment>> {
    for (;;) {
      const { data, ...more } = await listPayments(this.#filter, pageAfter(this.#edge(lastId)))
      this.#searchedTo = more.next_cursor
      const isWanted = this.#listeners.size > 0
      if (data.length > 0 || !more.has_more || !isWanted) return { data, ...more }
    }
  }

  /** Where the list continues: behind the last row, or behind what was searched below it. */
  #edge(lastId: string | undefined): string | undefined {
    const searched = this.#searchedTo
    const isBelow = searched !== undefined && (lastId === undefined || searched < lastId)
    return isBelow ? searched : lastId
  }

  /** When the oldest row in view was requested. `null`: nothing was answered yet. */
  oldestRequestMs({ first, last }: View): number | null {
    const { rows, freshAtMs } = this.#state
    if (freshAtMs === null) return null
    return Math.min(freshAtMs, ...rows.slice(first, last + 1).map((row) => row.requestedAtMs))
  }

  /**
   * Reads the newest page and the page in view. Only one refresh runs at a time, so that an older
   * answer never replaces a newer one.
   */
  async refresh(view: View): Promise<void> {
    this.#refreshing ??= this.#refresh(view).finally(() => {
      this.#refreshing = null
    })
    return await this.#refreshing
  }

  async #refresh(view: View): Promise<void> {
    if (this.#state.rows.length === 0) {
      this.#searchedTo = undefined
      this.#set({ hasMore: true })
      return await this.loadMore()
    }
    const requestedAtMs = Date.now()
    try {
      const top = await listPayments(this.#filter)
      const shown = (payment: Payment) => toRow(payment, requestedAtMs)
      this.#merge(undefined, { ...top, rows: top.data.map(shown) })
      // New rows at the top have moved the view down. One page is longer than any screen.
      if (view.last >= pageSize) {
        const after = this.#state.rows[Math.max(0, view.first - 1)]
        if (after) {
          const page = await listPayments(this.#filter, { after: after.id })
          this.#merge(after.id, { ...page, rows: page.data.map(shown) })
        }
      }
      this.#set({ freshAtMs: requestedAtMs, error: null })
    } catch (error) {
      this.#set({ error: error as Error })
    }
  }

  /** Replaces the rows of a page's range, which begins below the row `after`. */
  #merge(
    after: string | undefined,
    page: Omit<List<Payment>, 'data'> & { readonly rows: readonly PaymentRow[] },
  ): void {
    const hasMore = page.has_more
    const end = hasMore ? (page.next_cursor ?? page.rows.at(-1)?.id) : undefined
    const above = after === undefined ? [] : this.#state.rows.filter((row) => row.id >= after)
    const below = end === undefined ? [] : this.#state.rows.filter((row) => row.id < end)
    this.#set({
      rows: [...above, ...page.rows, ...below],
      ...(hasMore ? { hasMore: below.length > 0 ? this.#state.hasMore : true } : { hasMore }),
    })
  }

  #set(change: Partial<ListState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }
}

function pageAfter(id: string | undefined): { after?: string } {
  return id === undefined ? {} : { after: id }
}

function toRow(payment: Payment, requestedAtMs: number): PaymentRow {
  return {
    id: payment.id,
    amount: payment.amount,
    currency: payment.currency,
    status: payment.status,
    cancelable: payment.cancelable,
    disputed: payment.disputed,
    email: payment.customer_email,
    description: payment.description,
    createdAt: payment.created_at,
    requestedAtMs,
  }
}
