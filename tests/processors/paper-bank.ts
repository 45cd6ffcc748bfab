import type {
  AuthorizeRequest,
  Call,
  CaptureRequest,
  Processor,
  ProcessorPayment,
  RefundRequest,
  WebhookNotice,
} from '../../packages/server/src/processors/interface/processor.ts'
import type {
  AuthorizeResult,
  CaptureResult,
  Declined,
  PaymentState,
  RefundResult,
  RefundState,
  VoidResult,
} from '../../packages/server/src/processors/interface/results.ts'

/** One page of the bank's book. */
interface Page {
  readonly reference: string
  readonly amountMinor: number
  capturedMinor: number
  state: 'authorized' | 'captured' | 'voided' | 'declined'
  readonly refunds: RefundState[]
}

/** The processor's own records. They outlive every instance of the processor. */
export type PaperBook = Map<string, Page>

/**
 * The smallest possible processor, an example for others: a bank with its book on paper. It finds each
 * payment by its id alone. So a repeated call finds the earlier result, and lost answers do no harm.
 */
export class PaperBank implements Processor {
  readonly name = 'paper'
  readonly account = 'paper'
  /** Paper is patient: the bank takes every amount, currency and text. */
  readonly rules = { checkNew: () => null, checkPart: () => null }
  readonly #book: PaperBook

  constructor(book: PaperBook) {
    this.#book = book
  }

  /** Nobody can sign paper on the hosted page. */
  pageForm(): null {
    return null
  }

  async authorize(payment: ProcessorPayment, request: AuthorizeRequest): Promise<AuthorizeResult> {
    request.signal.throwIfAborted()
    const state = request.token === 'paper_ok' ? 'authorized' : 'declined'
    const page = this.#pageOf(payment) ?? this.#open(payment, state)
    if (page.state === 'declined') return declined(page, 'card_declined')
    if (page.state === 'voided') return declined(page, 'authorization_expired')
    // A paper bank never forgets, so its authorizations have no end.
    return { outcome: 'authorized', reference: page.reference, expiresAt: null }
  }

  async capture(payment: ProcessorPayment, request: CaptureRequest): Promise<CaptureResult> {
    request.signal.throwIfAborted()
    const page = this.#pageOf(payment)
    if (page?.state === 'authorized') {
      page.state = 'captured'
      page.capturedMinor = request.amountMinor
    }
    return page?.state === 'captured' ? taken(page) : declined(page, 'authorization_expired')
  }

  async void(payment: ProcessorPayment, call: Call): Promise<VoidResult> {
    call.signal.throwIfAborted()
    // An unknown payment is voided too, because an authorization may still arrive.
    const page = this.#pageOf(payment) ?? this.#open(payment, 'voided')
    if (page.state === 'captured') return taken(page)
    page.state = 'voided'
    return { outcome: 'voided' }
  }

  async refund(payment: ProcessorPayment, request: RefundRequest): Promise<RefundResult> {
    request.signal.throwIfAborted()
    const { refundId, amountMinor } = request
    const page = this.#pageOf(payment)
    if (page?.state !== 'captured') return declined(page, 'refund_failed')
    const earlier = page.refunds.find((refund) => refund.refundId === refundId)
    if (earlier) return { outcome: 'refunded', reference: earlier.reference }
    const given = page.refunds.reduce((sum, refund) => sum + refund.amountMinor, 0)
    if (given + amountMinor > page.capturedMinor) return declined(page, 'refund_failed')
    const reference = `slip ${refundId}`
    page.refunds.push({ refundId, reference, amountMinor, status: 'succeeded' })
    return { outcome: 'refunded', reference }
  }

  async lookUp(payment: ProcessorPayment): Promise<PaymentState> {
    const page = this.#pageOf(payment)
    if (!page) return { state: 'absent' }
    const { state, reference, refunds } = page
    switch (state) {
      case 'captured':
        return {
          state,
          reference,
          capturedMinor: page.capturedMinor,
          feeMinor: null,
          refunds,
          settledAt: null,
        }
      case 'declined':
        return { state, reference, decline: declined(page, 'card_declined').decline }
      case 'authorized':
        return { state, reference, expiresAt: null }
      case 'voided':
        return { state, reference, cause: 'canceled' }
    }
  }

  async noticeFromWebhook(): Promise<WebhookNotice> {
    return { kind: 'rejected', reason: 'A paper bank sends letters.' }
  }

  #pageOf({ id }: ProcessorPayment): Page | undefined {
    return this.#book.get(id)
  }

  #open({ id, money }: ProcessorPayment, state: Page['state']): Page {
    const reference = `page ${this.#book.size + 1}`
    const page: Page = { reference, amountMinor: money.minor, capturedMinor: 0, state, refunds: [] }
    this.#book.set(id, page)
    return page
  }
}

function taken({ reference, capturedMinor }: Page) {
  return {
    outcome: 'captured' as const,
    reference,
    capturedMinor,
    feeMinor: null,
  }
}

function declined(page: Page | undefined, code: string): Declined {
  const decline = { code, message: 'The bank says no.' }
  return { outcome: 'declined', reference: page?.reference ?? null, decline }
}
