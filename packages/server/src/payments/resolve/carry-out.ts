import type { PaymentResolve } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Tx } from '../../database/db.ts'
import type { DisputeRow } from '../../database/money-rows.ts'
import type { RefundRow } from '../../database/schema.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import { bookDispute } from '../../disputes/book-dispute.ts'
import { accountOf } from '../../domain/account.ts'
import type { FeeSchedule } from '../../domain/fees.ts'
import type { Timestamp } from '../../domain/time.ts'
import { recordCapture } from '../capture/record-capture.ts'
import { recordRefundAnswer } from '../refund/record-refund-answer.ts'
import { settlePayment } from '../settle/settle.ts'
import { dropTask, planTask, rescheduleTasks } from '../tasks/tasks.sql.ts'
import type { Declaration } from '../transition/declaration.ts'
import { recordFinalResolved, recordLateCapture } from '../transition/late-capture.sql.ts'
import { movePayment } from '../transition/move.sql.ts'
import type { OpenAttention } from '../view/attention.sql.ts'
import type { Waiting } from './waiting.ts'

/** A resolution that the payment accepts. */
export interface Resolving {
  readonly waiting: Waiting
  /** The causes of attention that the resolution is about: at least one. */
  readonly causes: readonly [OpenAttention, ...OpenAttention[]]
  readonly body: PaymentResolve
  /** The refund or dispute that it is about. */
  readonly refund: RefundRow | undefined
  readonly dispute: DisputeRow | undefined
  readonly by: Declaration
  readonly fees: FeeSchedule
  readonly now: Timestamp
}

/**
 * Carries a resolution out, in the transaction that has locked the payment. Every step that it makes is
 * one that the processor's answer would make, and needs the same status. So a later answer finds the
 * payment already there, and is not booked again. The waiting task is deleted, and with it the claim of a
 * worker that waits for an answer.
 */
export async function carryOut(tx: Tx, resolving: Resolving): Promise<void> {
  const { row } = resolving.waiting
  switch (resolving.body.resolution) {
    case 'retry': {
      const kinds = resolving.causes.map(({ kind }) => kind)
      return await rescheduleTasks(tx, { row, kinds, afterSeconds: 0 })
    }
    case 'captured':
    case 'not_captured':
      return await declareCapture(tx, resolving)
    case 'voided':
    case 'late_capture_refunded':
      return await declareNothingReserved(tx, resolving)
    case 'refund_paid':
    case 'refund_failed':
      return await declareRefund(tx, resolving)
    case 'settled':
      return await declareSettled(tx, resolving)
    case 'dispute_won':
    case 'dispute_lost':
      return await declareDispute(tx, resolving)
    case 'accepted':
      return await accept(tx, resolving)
  }
}

/** A payment that was not captured is voided, so that a capture that has happened is refunded. */
async function declareCapture(tx: Tx, { waiting, body, by, fees, now }: Resolving): Promise<void> {
  const { row } = waiting
  const capturedMinor = body.amount ?? row.amount_to_capture ?? row.amount
  const isCaptured = body.resolution === 'captured'
  await recordCapture(tx, {
    ...{ account: accountOf(row), id: row.id, fees, now, by },
    capture: isCaptured
      ? { state: 'captured', capturedMinor, feeMinor: null }
      : { state: 'declined', decline: notCaptured },
  })
  await dropTask(tx, { row, kind: 'capture' })
}

const notCaptured = {
  code: 'not_captured',
  message: 'An operator has declared that the processor did not take the money.',
}

async function declareNothingReserved(
  tx: Tx,
  { waiting, body, by, now }: Resolving,
): Promise<void> {
  const { row } = waiting
  const isNew =
    body.resolution === 'late_capture_refunded' && (await recordLateCapture(tx, { row, now, by }))
  if (!isNew) await recordFinalResolved(tx, { row, now, by })
  await dropTask(tx, { row, kind: 'void' })
}

async function declareRefund(tx: Tx, resolving: Resolving): Promise<void> {
  const { waiting, body, refund, by, now } = resolving
  if (!refund) throw new Error('a refund to resolve was not found')
  const decline = {
    code: 'refund_failed',
    message: 'An operator has declared that the processor did not make the refund.',
  }
  const { row } = waiting
  await recordRefundAnswer(tx, {
    ...{ row, refund, now, by },
    answer:
      body.resolution === 'refund_paid'
        ? { outcome: 'refunded', reference: null }
        : { outcome: 'declined', reference: null, decline },
  })
  await endTask(tx, resolving, { kind: 'refund', isLast: waiting.pendingRefunds.length === 1 })
}

async function declareSettled(tx: Tx, { waiting, by, now }: Resolving): Promise<void> {
  const { row } = waiting
  await settlePayment(tx, { account: accountOf(row), id: row.id, settledAt: now, now, by })
  await dropTask(tx, { row, kind: 'settle' })
}

async function declareDispute(tx: Tx, resolving: Resolving): Promise<void> {
  const { waiting, body, dispute, by, now } = resolving
  if (!dispute) throw new Error('a dispute to resolve was not found')
  const found = {
    reference: dispute.processor_reference,
    amountMinor: dispute.amount,
    feeMinor: dispute.fee,
    status: body.resolution === 'dispute_won' ? ('won' as const) : ('lost' as const),
    reason: dispute.reason,
    evidenceDueBy: dispute.evidence_due_by,
    url: dispute.processor_url,
  }
  await bookDispute(tx, { row: waiting.row, found, now, by })
  await endTask(tx, resolving, { kind: 'dispute', isLast: waiting.openDisputes.length === 1 })
}

/** The books stay as they are, also when the processor reports the same difference again. */
async function accept(tx: Tx, { waiting, causes, by, now }: Resolving): Promise<void> {
  const { row } = waiting
  const [cause] = causes
  await movePayment(tx, {
    row,
    event: 'payment.resolved',
    change: {},
    guard: sql`status = ${row.status}`,
    ...by,
    accepts: cause.reason,
    now,
  })
  await dropTask(tx, { row, kind: cause.kind })
}

/** Ends the task, or plans it anew for what it still waits for. Either way its worker loses it. */
async function endTask(
  tx: Tx,
  { waiting: { row } }: Resolving,
  { kind, isLast }: { kind: TaskKind; isLast: boolean },
): Promise<void> {
  if (isLast) await dropTask(tx, { row, kind })
  else await planTask(tx, { row, kind, afterSeconds: 0 })
}
