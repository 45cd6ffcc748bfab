import type { Tx } from '../../database/db.ts'
import type { PaymentRow, RefundRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Decline, RefundState } from '../../processors/interface/results.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { isResult, matchRefunds } from '../view/match-refunds.ts'
import { findRefunds } from '../view/refunds.sql.ts'
import { leftToRefund, recordForeignRefund, recordRefund } from './record-refund.ts'
import {
  recordRefundAnswer,
  recordReturnedRefund,
  refundFailedLater,
} from './record-refund-answer.ts'

/** The refunds of a payment at the processor. */
export interface FoundRefunds {
  readonly row: PaymentRow
  /** From a look-up. */
  readonly states: readonly RefundState[]
  /** The declines of refunds that were sent before the look-up, by the refund's id. */
  readonly declines: ReadonlyMap<string, Decline>
  readonly now: Timestamp
}

/**
 * Makes the refunds here agree with those at the processor, with an event for each change:
 *
 * - Results of refunds are recorded.
 * - Refunds that a person made at the processor are recorded. A pending refund for which they leave too
 *   little fails, the newest first.
 * - If the payment was to be refunded in full, and such a refund has failed, the remainder is refunded by
 *   a new refund, so that the customer gets everything once. A disputed payment cannot be refunded.
 *
 * Call it only while the claim of the payment's refund task is valid: no refund may be in flight.
 *
 * @returns `false` where the processor reports more refunds than the captured amount. Those that are too
 *   much are not recorded.
 */
export async function reconcileRefunds(tx: Tx, found: FoundRefunds): Promise<boolean> {
  const locked = await lockPayment(tx, { account: accountOf(found.row), id: found.row.id })
  if (!locked || locked.captured_amount === 0) return true
  const { states, declines, now } = found
  const refunds = await findRefunds(tx, { account: accountOf(locked), paymentId: locked.id })
  const matched = matchRefunds(refunds, states)
  const { both, unsent } = matched
  // The foreign refunds of a returned debit were recorded before its return.
  const foreign = locked.status === 'failed' ? [] : matched.foreign
  const isAllRequested = leftToRefund(locked) === 0
  let row = locked
  for (const { refund, found: state } of both) {
    if (isResult(refund, state)) row = await recordResult(tx, { row, refund, state, found })
  }
  const unable: RefundRow[] = []
  const waiting: RefundRow[] = []
  for (const refund of unsent) {
    const decline = declines.get(refund.id)
    if (decline) row = await fail(tx, { row, refund, decline, now })
    ;(decline ? unable : waiting).push(refund)
  }
  let agrees = true
  for (const state of foreign) {
    if (leftToRefund(row) + sumOf(waiting) < state.amountMinor) {
      agrees = false
      continue
    }
    while (leftToRefund(row) < state.amountMinor) {
      const refund = waiting.pop()
      if (!refund) break
      row = await fail(tx, { row, refund, decline: refundedAtProcessor, now })
      unable.push(refund)
    }
    row = await recordForeignRefund(tx, { row, found: state, now })
  }
  const last = unable.at(-1)
  // The processor refuses refunds of a disputed payment. The merchant requests the rest after it is won.
  if (isAllRequested && last && foreign.length > 0 && !row.disputed) {
    await refundRemainder(tx, { row, last, now })
  }
  return agrees
}

function sumOf(refunds: readonly RefundRow[]): number {
  return refunds.reduce((sum, { amount }) => sum + amount, 0)
}

/** The failure of a refund whose money a person has refunded at the processor. */
const refundedAtProcessor: Decline = {
  code: 'refunded_at_processor',
  message: 'The money was refunded at the processor, so too little was left for this refund.',
}

async function recordResult(
  tx: Tx,
  given: { row: PaymentRow; refund: RefundRow; state: RefundState; found: FoundRefunds },
): Promise<PaymentRow> {
  const { row, refund, state, found } = given
  const { reference } = state
  const { now } = found
  if (state.status === 'succeeded') {
    return await recordRefundAnswer(tx, {
      ...{ row, refund, now },
      answer: { outcome: 'refunded', reference },
    })
  }
  const decline = found.declines.get(refund.id) ?? refundFailedLater
  return refund.status === 'succeeded'
    ? await recordReturnedRefund(tx, { row, refund, decline, now })
    : await fail(tx, { row, refund, decline, now, reference })
}

async function fail(
  tx: Tx,
  given: {
    row: PaymentRow
    refund: RefundRow
    decline: Decline
    now: Timestamp
    reference?: string
  },
): Promise<PaymentRow> {
  const { row, refund, decline, now, reference = null } = given
  const answer = { outcome: 'declined', reference, decline } as const
  return await recordRefundAnswer(tx, { row, refund, answer, now })
}

/** Refunds what is left, as a refund that has failed was to do. */
async function refundRemainder(
  tx: Tx,
  { row, last, now }: { row: PaymentRow; last: RefundRow; now: Timestamp },
): Promise<void> {
  const amountMinor = leftToRefund(row)
  // The failed refund is one of this server.
  if (amountMinor === 0 || last.actor_type === 'processor') return
  const actor = { type: last.actor_type, id: last.actor_id }
  await recordRefund(tx, {
    row,
    amountMinor,
    reason: last.reason,
    metadata: last.metadata,
    actor,
    now,
  })
}
