import { isId, type PaymentResolve } from '@hedgepayments/contract'
import { actorOf, recordAudit } from '../../audit/record.ts'
import type { Db, Tx } from '../../database/db.ts'
import type { FeeSchedule } from '../../domain/fees.ts'
import type { Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../../http/answers/refusal.ts'
import type { Auth, Origin } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { once } from '../../idempotency/once.ts'
import { isStale } from '../transition/if-match.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { notResolvable, paymentNotFound, preconditionFailed } from '../transition/refusals.ts'
import type { OpenAttention } from '../view/attention.sql.ts'
import { etagOf } from '../view/render.ts'
import { renderWithRefunds } from '../view/render-with-refunds.ts'
import { carryOut, type Resolving } from './carry-out.ts'
import { allResolutionsOf, readWaiting, resolutionsOf, type Waiting } from './waiting.ts'

/** A request of an operator to resolve a payment. */
export interface ResolveRequest {
  readonly auth: Auth
  readonly origin: Origin
  readonly operationId: string
  readonly paymentId: string
  readonly body: PaymentResolve
  readonly ifMatch: string | null
  readonly idempotency: IdempotencyKey | null
  readonly fees: FeeSchedule
  readonly now: Timestamp
}

/**
 * Resolves a payment that needs attention, or refuses to. The step, its event, the ledger and the audit
 * entry are one transaction. Source: `resolvePayment` in the contract.
 */
export async function resolvePayment(db: Db, request: ResolveRequest): Promise<Reply> {
  const { auth, paymentId: id, body } = request
  if (!isId('payment', id)) return paymentNotFound(id)
  return await once(db, request, async (tx) => {
    const row = await lockPayment(tx, { account: auth, id })
    if (!row) return paymentNotFound(id)
    const waiting = await readWaiting(tx, row)
    const causes = waiting.open.filter((cause) =>
      resolutionsOf(waiting, cause).includes(body.resolution),
    )
    const [first, ...others] = causes
    if (!first) return notResolvable(row, body.resolution, allResolutionsOf(waiting))
    if (isStale(request.ifMatch, row.sequence)) return preconditionFailed(row)
    const subject = subjectOf(waiting, body)
    if ('refusal' in subject) return subject
    const by = { actor: { type: 'api_key', id: auth.keyId }, reason: body.reason } as const
    const { fees, now } = request
    const resolving = {
      waiting,
      causes: [first, ...others],
      body,
      ...subject,
      by,
      fees,
      now,
    } as const
    await carryOut(tx, resolving)
    await recordAudit(tx, actorOf(request), auditedAction(resolving))
    return await answerWith(tx, auth, id)
  })
}

async function answerWith(tx: Tx, auth: Auth, id: string): Promise<Reply> {
  const row = await lockPayment(tx, { account: auth, id })
  if (!row) return paymentNotFound(id)
  return answer(200, await renderWithRefunds(tx, auth, row), { etag: etagOf(row) })
}

/** The refund or dispute that a resolution is about, or the refusal of a field that does not fit. */
function subjectOf(
  waiting: Waiting,
  body: PaymentResolve,
): Pick<Resolving, 'refund' | 'dispute'> | Refusal {
  const { resolution, amount, refund_id: refundId, dispute_id: disputeId } = body
  const isCapture = resolution === 'captured'
  const isRefund = resolution === 'refund_paid' || resolution === 'refund_failed'
  const isDispute = resolution === 'dispute_won' || resolution === 'dispute_lost'
  if (amount !== undefined && !isCapture) return notOf('amount', amount, resolution)
  if (refundId !== undefined && !isRefund) return notOf('refund_id', refundId, resolution)
  if (disputeId !== undefined && !isDispute) return notOf('dispute_id', disputeId, resolution)
  if (amount !== undefined && amount > waiting.row.amount) return tooMuch(waiting, amount)
  const refund = isRefund ? choose(waiting.pendingRefunds, refundId) : undefined
  const dispute = isDispute ? choose(waiting.openDisputes, disputeId) : undefined
  if (isRefund && !refund) return mustBeOneOf('refund_id', refundId, waiting.pendingRefunds)
  if (isDispute && !dispute) return mustBeOneOf('dispute_id', disputeId, waiting.openDisputes)
  return { refund, dispute }
}

function choose<T extends { readonly id: string }>(
  found: readonly T[],
  id: string | undefined,
): T | undefined {
  if (id !== undefined) return found.find((one) => one.id === id)
  return found.length === 1 ? found[0] : undefined
}

function notOf(field: string, received: unknown, resolution: string): Refusal {
  return refuseField(field, received, `no such field with the resolution ${resolution}`)
}

function mustBeOneOf(
  field: string,
  received: unknown,
  found: readonly { readonly id: string }[],
): Refusal {
  return refuseField(field, received, `one of ${found.map(({ id }) => id).join(', ')}`)
}

function tooMuch({ row }: Waiting, amount: number): Refusal {
  const expected = `at most ${row.amount}, the amount of the payment`
  const details = { field: 'amount', received: String(amount), expected }
  return refuse('invalid_amount', `Invalid amount: expected ${expected}.`, details)
}

function auditedAction({ waiting, causes, body, refund, dispute }: Resolving) {
  const shown = (cause: OpenAttention) => ({ reason: cause.reason, since: cause.since })
  return {
    action: 'payment.resolved' as const,
    target: { type: 'payment' as const, id: waiting.row.id },
    details: {
      resolution: body.resolution,
      reason: body.reason,
      attention: causes.map(shown),
      ...(body.amount === undefined ? {} : { amount: body.amount }),
      ...(refund ? { refund_id: refund.id } : {}),
      ...(dispute ? { dispute_id: dispute.id } : {}),
    },
  }
}
