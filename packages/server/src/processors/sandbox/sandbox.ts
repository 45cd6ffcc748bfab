import { checkoutMethods } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import { newId } from '../../domain/ids.ts'
import { plusSeconds } from '../../domain/time.ts'
import type {
  AuthorizeRequest,
  Call,
  CaptureRequest,
  DebitRequest,
  Debits,
  DeclineCode,
  PageForm,
  Processor,
  ProcessorPayment,
  Query,
  RefundRequest,
  WebhookNotice,
} from '../interface/processor.ts'
import type {
  AuthorizeResult,
  CaptureResult,
  CheckResult,
  Declined,
  PaymentState,
  RefundResult,
  VoidResult,
} from '../interface/results.ts'
import { stripeRules } from '../stripe/money/rules.ts'
import { authorizeEntry, debitEntry, declineEntry, newEntry } from './authorization.ts'
import type { BatchedBooks } from './books/batched-books.ts'
import {
  findAnswer,
  findEntry,
  insertMovement,
  insertRefund,
  listRefunds,
  lockBooks,
  type SandboxPayment,
  saveAnswer,
  saveEntry,
} from './books/books.sql.ts'
import { playFault, type SandboxOperation, throwIfDown } from './faults.ts'
import { playPlannedFailure } from './planned-failures.ts'
import {
  authorizeResultOf,
  capturedOf,
  checkResultOf,
  debitResultOf,
  disputesOf,
  hasLapsed,
  stateOf,
} from './state.ts'
import { declineMessages } from './tokens/declines.ts'
import { findTestToken } from './tokens/tokens.ts'

export const sandboxName = 'sandbox'
/** The sandbox is as strict as Stripe, so that a request that passes here does not fail in live mode. */
export const sandboxRules = stripeRules
/** How long the refunds of such tokens stay undecided, by the merchant's clock. */
const refundDelays: Readonly<Partial<Record<string, number>>> = {
  refund_undecided: 60,
  refund_returned: 3 * 86_400,
}

/**
 * The built-in processor of test mode. It moves no money. The token decides what happens, unless a test
 * has planned a failure. Like an external system, it keeps its own books and writes them in its own
 * transactions.
 */
export class Sandbox implements Processor {
  readonly name = sandboxName
  readonly rules = sandboxRules
  readonly account: string
  readonly debits: Debits = {
    methods: ['ach'],
    check: (payment, request) => this.#check(payment, request),
    debit: (payment, request) => this.#debit(payment, request),
  }
  readonly #db: Db
  readonly #books: BatchedBooks
  readonly #merchantId: string
  readonly #publicUrl: () => string

  constructor(options: {
    db: Db
    books: BatchedBooks
    merchantId: string
    publicUrl: () => string
  }) {
    this.#db = options.db
    this.#books = options.books
    this.#merchantId = options.merchantId
    this.account = `${sandboxName} ${options.merchantId}`
    this.#publicUrl = options.publicUrl
  }

  pageForm(): PageForm {
    return { type: 'own_fields', methods: checkoutMethods }
  }

  async authorize(payment: ProcessorPayment, request: AuthorizeRequest): Promise<AuthorizeResult> {
    const first = await this.#authorizeFirst(payment, request)
    if (first) return first
    const planned = await playPlannedFailure(this.#db, this.#merchantId, { payment, request })
    if (planned) return planned
    return await this.#act<AuthorizeResult>('authorize', payment, request, async (tx, entry) => {
      // Another call has decided, or a void arrived before this call.
      if (entry && entry.status !== 'action_required') return authorizeResultOf(entry)
      const { token, now } = request
      const made = authorizeEntry(entry ?? newEntry(this.#merchantId, payment), {
        token,
        now,
        publicUrl: this.#publicUrl(),
      })
      await saveEntry(tx, made)
      if (made.status === 'authorized' || made.status === 'captured') {
        await recordMovement(tx, made, 'authorize', request)
      }
      if (made.status === 'captured') await recordMovement(tx, made, 'capture', request)
      return authorizeResultOf(made)
    })
  }

  /** The usual authorization, together with others. `null`: the call does not fit, and nothing was done. */
  async #authorizeFirst(
    payment: ProcessorPayment,
    { token, now, idempotencyKey, signal }: AuthorizeRequest,
  ): Promise<AuthorizeResult | null> {
    const { fault, challenge } = findTestToken(token) ?? {}
    if (fault !== undefined || challenge !== undefined) return null
    signal.throwIfAborted()
    const unknown = newEntry(this.#merchantId, payment)
    const entry = authorizeEntry(unknown, { token, now, publicUrl: this.#publicUrl() })
    const answer = authorizeResultOf(entry)
    return (await this.#books.authorize({ entry, idempotencyKey, now, answer })) ? answer : null
  }

  async #check(payment: ProcessorPayment, request: AuthorizeRequest): Promise<CheckResult> {
    const planned = await playPlannedFailure(this.#db, this.#merchantId, { payment, request })
    if (planned?.outcome === 'declined') return planned
    return await this.#act<CheckResult>('authorize', payment, request, async (_, entry) => {
      const first = entry && authorizeResultOf(entry)
      return first?.outcome === 'declined' ? first : checkResultOf(payment, request.token)
    })
  }

  #debit(payment: ProcessorPayment, request: DebitRequest): Promise<CaptureResult> {
    return this.#act<CaptureResult>('capture', payment, request, async (tx, entry) => {
      if (entry) return debitResultOf(entry, request.now)
      const made = debitEntry(newEntry(this.#merchantId, payment), request)
      await saveEntry(tx, made)
      if (made.status === 'captured') {
        await recordMovement(tx, { ...made, amount: request.amountMinor }, 'capture', request)
      }
      return debitResultOf(made, request.now)
    })
  }

  async capture(payment: ProcessorPayment, request: CaptureRequest): Promise<CaptureResult> {
    const first = await this.#captureFirst(payment, request)
    if (first) return first
    return await this.#act<CaptureResult>('capture', payment, request, async (tx, entry) => {
      if (entry?.status === 'captured') return capturedOf(entry)
      if (entry?.status !== 'authorized') return declined(entry ?? null, 'authorization_expired')
      const { now, amountMinor } = request
      if (amountMinor > entry.amount) throw new Error('a capture of more than was authorized')
      if (hasLapsed(entry, now)) return declined(entry, 'authorization_expired')
      const code = findTestToken(entry.token ?? '')?.captureDeclined
      if (code !== undefined) {
        await saveEntry(tx, declineEntry(entry, code))
        return declined(entry, code)
      }
      const taken: SandboxPayment = {
        ...entry,
        status: 'captured',
        captured_at: now,
        captured_amount: amountMinor,
      }
      await saveEntry(tx, taken)
      await recordMovement(tx, { ...entry, amount: amountMinor }, 'capture', request)
      const isDisputed = disputesOf(taken, now).length > 0
      return isDisputed ? { ...capturedOf(taken), isDisputed } : capturedOf(taken)
    })
  }

  /** The usual capture, together with others. `null`: the call does not fit, and nothing was done. */
  async #captureFirst(
    payment: ProcessorPayment,
    { amountMinor, now, idempotencyKey, signal }: CaptureRequest,
  ): Promise<CaptureResult | null> {
    signal.throwIfAborted()
    const entry: SandboxPayment = {
      ...newEntry(this.#merchantId, payment),
      ...{ status: 'captured', captured_at: now, captured_amount: amountMinor },
    }
    const answer = capturedOf(entry)
    return (await this.#books.capture({ entry, idempotencyKey, now, answer })) ? answer : null
  }

  void(payment: ProcessorPayment, call: Call): Promise<VoidResult> {
    return this.#act<VoidResult>('void', payment, call, async (tx, entry) => {
      if (entry?.status === 'captured') return capturedOf(entry)
      if (entry?.status === 'voided' || entry?.status === 'declined') return { outcome: 'voided' }
      const voided = entry ?? newEntry(this.#merchantId, payment)
      await saveEntry(tx, { ...voided, status: 'voided', action_url: null })
      if (entry?.status === 'authorized') await recordMovement(tx, entry, 'void', call)
      return { outcome: 'voided' }
    })
  }

  refund(payment: ProcessorPayment, request: RefundRequest): Promise<RefundResult> {
    return this.#act<RefundResult>('refund', payment, request, async (tx, entry) => {
      if (entry?.status !== 'captured') return declined(entry ?? null, 'refund_failed')
      const refunds = await listRefunds(tx, entry)
      const earlier = refunds.find((refund) => refund.refund_id === request.refundId)
      if (earlier) return { outcome: 'refunded', reference: earlier.reference }
      const refunded = refunds.reduce((sum, refund) => sum + refund.amount, 0)
      const fault = findTestToken(entry.token ?? '')?.fault
      if (
        refunded + request.amountMinor > (entry.captured_amount ?? 0) ||
        fault === 'refund_declined' ||
        disputesOf(entry, request.now).some(({ status }) => status !== 'won')
      ) {
        return declined(entry, 'refund_failed')
      }
      const delaySeconds = refundDelays[fault ?? ''] ?? 0
      const reference = newId('refund').replace('ref_', 'sbxr_')
      await insertRefund(tx, {
        entry,
        refund: {
          reference,
          refund_id: request.refundId,
          amount: request.amountMinor,
          decided_at: plusSeconds(request.now, delaySeconds),
        },
      })
      await recordMovement(tx, { ...entry, amount: request.amountMinor }, 'refund', request)
      return { outcome: delaySeconds > 0 ? 'undecided' : 'refunded', reference }
    })
  }

  async lookUp(payment: ProcessorPayment, query: Query): Promise<PaymentState> {
    const id = { merchantId: this.#merchantId, paymentId: payment.id }
    await throwIfDown(this.#db, { ...id, now: query.now })
    const entry = await findEntry(this.#db, id)
    if (!entry) return { state: 'absent' }
    return stateOf(entry, { refunds: await listRefunds(this.#db, entry), now: query.now })
  }

  noticeFromWebhook(): Promise<WebhookNotice> {
    return Promise.resolve({ kind: 'rejected', reason: 'The sandbox sends no webhooks.' })
  }

  /** Acts once per idempotency key, and plays the fault of the payment's token before and after. */
  async #act<T extends object>(
    operation: SandboxOperation,
    payment: ProcessorPayment,
    call: Call & { readonly token?: string },
    act: (tx: Db, entry: SandboxPayment | undefined) => Promise<T>,
  ): Promise<T> {
    const id = { merchantId: this.#merchantId, paymentId: payment.id }
    const token = call.token ?? (await findEntry(this.#db, id))?.token ?? null
    const lostAnswer = await playFault(this.#db, { ...id, ...call, operation, token })
    call.signal.throwIfAborted()
    const answer = await this.#db.transaction().execute(async (tx) => {
      await lockBooks(tx, id)
      const key = { merchantId: this.#merchantId, key: call.idempotencyKey }
      const first = await findAnswer<T>(tx, key)
      if (first) return first
      const made = await act(tx, await findEntry(tx, id))
      await saveAnswer(tx, { ...key, answer: made })
      return made
    })
    if (lostAnswer) throw lostAnswer
    return answer
  }
}

async function recordMovement(
  tx: Db,
  entry: SandboxPayment,
  kind: SandboxOperation,
  { idempotencyKey, now }: Call,
): Promise<void> {
  await insertMovement(tx, { entry, kind, amount: entry.amount, idempotencyKey, now })
}

function declined(entry: SandboxPayment | null, code: DeclineCode): Declined {
  return {
    outcome: 'declined',
    reference: entry?.reference ?? null,
    decline: { code, message: declineMessages[code] },
  }
}
