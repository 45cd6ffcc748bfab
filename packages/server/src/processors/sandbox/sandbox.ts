import type { Db } from '../../database/connect.ts'
import { newId, randomCharacters } from '../../domain/ids.ts'
import type { Timestamp } from '../../domain/time.ts'
import { plusSeconds } from '../../domain/time.ts'
import type {
  AuthorizeRequest,
  AuthorizeResult,
  Call,
  CaptureResult,
  DeclineCode,
  Declined,
  Processor,
  ProcessorPayment,
  ProcessorTruth,
  RefundRequest,
  RefundResult,
  VoidResult,
  WebhookNotice,
} from '../interface/processor.ts'
import {
  findAnswer,
  findEntry,
  insertRefund,
  listRefunds,
  lockBooks,
  noteMovement,
  type SandboxPayment,
  saveAnswer,
  saveEntry,
} from './books.sql.ts'
import { declineMessages } from './declines.ts'
import { playFault, type SandboxOperation, throwIfDown } from './faults.ts'
import { findTestToken, type TestToken } from './tokens.ts'
import { renderTruth, toAuthorizeResult } from './truth.ts'

export const sandboxName = 'sandbox'
const refundDelaySeconds = 60

/**
 * The built-in processor of test mode: it moves no money, and what it does follows from the token.
 * It keeps books of its own, in transactions of its own, as a system elsewhere would.
 */
export class Sandbox implements Processor {
  readonly name = sandboxName
  readonly #db: Db
  readonly #merchantId: string
  readonly #publicUrl: () => string

  constructor(options: { db: Db; merchantId: string; publicUrl: () => string }) {
    this.#db = options.db
    this.#merchantId = options.merchantId
    this.#publicUrl = options.publicUrl
  }

  authorize(payment: ProcessorPayment, request: AuthorizeRequest): Promise<AuthorizeResult> {
    return this.#act<AuthorizeResult>('authorize', payment, request, async (tx, entry) => {
      // Decided before: by another call, or given up before this one arrived.
      if (entry && entry.status !== 'action_required') return toAuthorizeResult(entry)
      const made = this.#authorized(payment, request, entry)
      await saveEntry(tx, made)
      if (made.status === 'authorized' || made.status === 'captured') {
        await this.#note(tx, made, 'authorize', request)
      }
      if (made.status === 'captured') await this.#note(tx, made, 'capture', request)
      return toAuthorizeResult(made)
    })
  }

  capture(payment: ProcessorPayment, call: Call): Promise<CaptureResult> {
    return this.#act<CaptureResult>('capture', payment, call, async (tx, entry) => {
      if (entry?.status === 'captured') return captured(entry)
      if (entry?.status !== 'authorized') return declined(entry ?? null, 'authorization_expired')
      const code = findTestToken(entry.token ?? '')?.captureDeclined
      if (code !== undefined) {
        await saveEntry(tx, {
          ...entry,
          status: 'declined',
          decline_code: code,
          decline_message: declineMessages[code],
        })
        return declined(entry, code)
      }
      await saveEntry(tx, { ...entry, status: 'captured', captured_at: call.now })
      await this.#note(tx, entry, 'capture', call)
      return captured(entry)
    })
  }

  void(payment: ProcessorPayment, call: Call): Promise<VoidResult> {
    return this.#act<VoidResult>('void', payment, call, async (tx, entry) => {
      if (entry?.status === 'captured') return captured(entry)
      if (entry?.status === 'voided' || entry?.status === 'declined') return { outcome: 'voided' }
      const known = entry ?? this.#newEntry(payment)
      await saveEntry(tx, { ...known, status: 'voided', action_url: null })
      if (entry?.status === 'authorized') await this.#note(tx, known, 'void', call)
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
      if (refunded + request.amountMinor > entry.amount || fault === 'refund_declined') {
        return declined(entry, 'refund_failed')
      }
      const waits = fault === 'refund_undecided'
      const reference = newId('refund').replace('ref_', 'sbxr_')
      await insertRefund(tx, {
        entry,
        refund: {
          reference,
          refund_id: request.refundId,
          amount: request.amountMinor,
          decided_at: waits ? plusSeconds(request.now, refundDelaySeconds) : request.now,
        },
      })
      await this.#note(tx, { ...entry, amount: request.amountMinor }, 'refund', request)
      return { outcome: waits ? 'undecided' : 'refunded', reference }
    })
  }

  async lookUp(
    payment: ProcessorPayment,
    query: Omit<Call, 'idempotencyKey'>,
  ): Promise<ProcessorTruth> {
    const id = { merchantId: this.#merchantId, paymentId: payment.id }
    await throwIfDown(this.#db, { ...id, now: query.now })
    const entry = await findEntry(this.#db, id)
    if (!entry) return { state: 'absent' }
    return renderTruth(entry, { refunds: await listRefunds(this.#db, entry), now: query.now })
  }

  noticeFromWebhook(): Promise<WebhookNotice> {
    return Promise.resolve({ kind: 'rejected', reason: 'The sandbox sends no webhooks.' })
  }

  /** Does something once per idempotency key, with the faults of the payment's token around it. */
  async #act<T extends object>(
    operation: SandboxOperation,
    payment: ProcessorPayment,
    call: Call & { readonly token?: string },
    act: (tx: Db, entry: SandboxPayment | undefined) => Promise<T>,
  ): Promise<T> {
    const id = { merchantId: this.#merchantId, paymentId: payment.id }
    const token = call.token ?? (await findEntry(this.#db, id))?.token ?? null
    const lost = await playFault(this.#db, { ...id, ...call, operation, token })
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
    if (lost) throw lost
    return answer
  }

  #newEntry(payment: ProcessorPayment): SandboxPayment {
    return {
      merchant_id: this.#merchantId,
      payment_id: payment.id,
      reference: payment.id.replace('pay_', 'sbx_'),
      token: null,
      amount: payment.money.minor,
      currency: payment.money.currency,
      status: 'voided',
      decline_code: null,
      decline_message: null,
      action_secret: null,
      action_url: null,
      return_url: payment.returnUrl,
      captured_at: null,
    }
  }

  #authorized(
    payment: ProcessorPayment,
    { token, now }: AuthorizeRequest,
    earlier: SandboxPayment | undefined,
  ): SandboxPayment {
    const known = findTestToken(token)
    const entry = {
      ...(earlier ?? this.#newEntry(payment)),
      token,
      action_secret: null,
      action_url: null,
    }
    const code: DeclineCode | undefined = known ? known.declined : 'invalid_token'
    if (code !== undefined) {
      const message = declineMessages[code]
      return { ...entry, status: 'declined', decline_code: code, decline_message: message }
    }
    return known?.challenge ? this.#challenged(entry) : approved(entry, { token: known, now })
  }

  #challenged(entry: SandboxPayment): SandboxPayment {
    const secret = randomCharacters(32)
    return {
      ...entry,
      status: 'action_required',
      action_secret: secret,
      action_url: `${this.#publicUrl()}/sandbox/3d-secure/${secret}`,
    }
  }

  async #note(
    tx: Db,
    entry: SandboxPayment,
    kind: SandboxOperation,
    { idempotencyKey, now }: Call,
  ): Promise<void> {
    await noteMovement(tx, { entry, kind, amount: entry.amount, idempotencyKey, now })
  }
}

function approved(
  entry: SandboxPayment,
  { token, now }: { token: TestToken | undefined; now: Timestamp },
): SandboxPayment {
  return token?.fault === 'captured_by_hand'
    ? { ...entry, status: 'captured', captured_at: now }
    : { ...entry, status: 'authorized' }
}

function captured(entry: SandboxPayment) {
  const { reference, amount } = entry
  return { outcome: 'captured' as const, reference, capturedMinor: amount, feeMinor: null }
}

function declined(entry: SandboxPayment | null, code: DeclineCode): Declined {
  return {
    outcome: 'declined',
    reference: entry?.reference ?? null,
    decline: { code, message: declineMessages[code] },
  }
}
