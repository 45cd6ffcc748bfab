import type { RefundRow } from '../../database/schema.ts'
import type { RefundState } from '../../processors/interface/results.ts'

/** The refunds of a payment here, compared with those at the processor. */
export interface MatchedRefunds {
  /** Refunds that both sides have. */
  readonly both: readonly { readonly refund: RefundRow; readonly found: RefundState }[]
  /** Pending refunds of this server that the processor does not have, oldest first. */
  readonly unsent: readonly RefundRow[]
  /** Refunds that only the processor has, without failed ones: a person made them. */
  readonly foreign: readonly RefundState[]
}

/**
 * Compares refunds with the processor's. The processor's id of a refund decides, then the id that this
 * server sent with it. A second refund with the same id of this server was made by somebody else.
 */
export function matchRefunds(
  refunds: readonly RefundRow[],
  states: readonly RefundState[],
): MatchedRefunds {
  const byReference = new Map(refunds.map((refund) => [refund.processor_reference, refund]))
  // An operator may have declared a refund as paid, so it has no id of the processor.
  const unanswered = new Map(
    refunds
      .filter((refund) => refund.status !== 'failed' && refund.processor_reference === null)
      .map((refund) => [refund.id, refund]),
  )
  const both: { refund: RefundRow; found: RefundState }[] = []
  const foreign: RefundState[] = []
  // Failed ones last: of two refunds with one id of this server, the one that moved money is the answer.
  for (const found of states.toSorted((a, b) => failedLast(a) - failedLast(b))) {
    const refund = byReference.get(found.reference) ?? unanswered.get(found.refundId ?? '')
    if (refund) {
      unanswered.delete(refund.id)
      both.push({ refund, found })
    } else if (found.status !== 'failed') foreign.push(found)
  }
  const unsent = [...unanswered.values()].filter(({ status }) => status === 'pending')
  return { both, unsent, foreign }
}

/** Whether the processor has refunds, or results of refunds, that are not recorded here. */
export function hasUnrecorded({ both, foreign }: MatchedRefunds): boolean {
  return foreign.length > 0 || both.some(({ refund, found }) => isResult(refund, found))
}

/** Whether the processor's state of a refund is a result that is not recorded yet. */
export function isResult({ status }: RefundRow, found: RefundState): boolean {
  // A late answer may say that a paid refund is pending, or that a failed one was paid.
  if (status === 'pending') return found.status !== 'pending'
  return status === 'succeeded' && found.status === 'failed'
}

function failedLast({ status }: RefundState): number {
  return status === 'failed' ? 1 : 0
}
