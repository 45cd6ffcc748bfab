import {
  type Attention,
  type AttentionReason,
  acceptableProblems,
  attentionMeanings,
  type PaymentId,
  type Resolution,
  resolutions,
  waitOf,
} from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { DisputeRow } from '../../database/money-rows.ts'
import type { PaymentRow, RefundRow } from '../../database/schema.ts'
import { isDecided } from '../../disputes/book-dispute.ts'
import { findDisputesOf } from '../../disputes/disputes.sql.ts'
import { accountOf } from '../../domain/account.ts'
import { statusesBefore, statusesThatSettle, statusesToVoid } from '../../domain/lifecycle.ts'
import { findAttention, type OpenAttention } from '../view/attention.sql.ts'
import { findRefunds } from '../view/refunds.sql.ts'

/** What a payment that needs attention waits for. */
export interface Waiting {
  readonly row: PaymentRow
  readonly open: readonly OpenAttention[]
  readonly pendingRefunds: readonly RefundRow[]
  readonly openDisputes: readonly DisputeRow[]
}

/** Reads what a payment waits for. Lock the payment before to resolve it. */
export async function readWaiting(db: Db, row: PaymentRow): Promise<Waiting> {
  const account = accountOf(row)
  const open = await findAttention(db, { account, paymentId: row.id })
  const has = (kind: OpenAttention['kind']) => open.some((one) => one.kind === kind)
  const refunds = has('refund') ? await findRefunds(db, { account, paymentId: row.id }) : []
  const disputes = has('dispute') ? await findDisputesOf(db, row) : []
  return {
    row,
    open,
    pendingRefunds: refunds.filter(({ status }) => status === 'pending'),
    openDisputes: disputes.filter((dispute) => !isDecided(dispute)),
  }
}

/** The reasons that are about the refund of a late capture. */
const lateRefundReasons: readonly AttentionReason[] = [
  waitOf('late_refund').reason,
  'late_refund_returned',
]

/** The resolutions that one cause of attention accepts now. */
export function resolutionsOf(waiting: Waiting, cause: OpenAttention): Resolution[] {
  const isLateRefund = lateRefundReasons.includes(cause.reason)
  const { resolutions: possible } = waitOf(isLateRefund ? 'late_refund' : cause.kind)
  return possible.filter((resolution) => isPossible(resolution, waiting, cause))
}

/** All resolutions that a payment accepts now, in the order of the contract. */
export function allResolutionsOf(waiting: Waiting): Resolution[] {
  const possible = new Set(waiting.open.flatMap((cause) => resolutionsOf(waiting, cause)))
  return resolutions.filter((resolution) => possible.has(resolution))
}

function isPossible(resolution: Resolution, waiting: Waiting, cause: OpenAttention): boolean {
  const { row, pendingRefunds, openDisputes } = waiting
  switch (resolution) {
    case 'retry':
      return true
    case 'captured':
    case 'not_captured':
      return statusesBefore('succeeded').includes(row.status)
    case 'voided':
    case 'late_capture_refunded':
      return statusesToVoid.includes(row.status)
    case 'refund_paid':
    case 'refund_failed':
      return pendingRefunds.length > 0
    case 'settled':
      return row.settled_at === null && statusesThatSettle.includes(row.status)
    case 'dispute_won':
    case 'dispute_lost':
      return openDisputes.length > 0
    case 'accepted':
      return statusesThatSettle.includes(row.status) && isAcceptable(waiting, cause)
  }
}

/** A difference can be accepted, and so can a wait for nothing that Hedge has recorded. */
function isAcceptable(waiting: Waiting, { kind, reason }: OpenAttention): boolean {
  if (kind === 'refund') return waiting.pendingRefunds.length === 0
  if (acceptableProblems.includes(reason)) return true
  return kind === 'dispute' && waiting.openDisputes.length === 0
}

/** The causes of attention as the API shows them, the oldest first. */
export function renderAttention(waiting: Waiting): Attention[] {
  return waiting.open.map((cause) => ({
    object: 'attention',
    payment_id: waiting.row.id as PaymentId,
    reason: cause.reason,
    since: cause.since,
    message: attentionMeanings[cause.reason],
    resolutions: resolutionsOf(waiting, cause),
  }))
}
