import { statusesBeforeEvent } from '@hedgepayments/contract'
import type { PaymentRow, RefundRow } from '../../database/schema.ts'
import { matchRefunds } from '../../payments/view/match-refunds.ts'
import type { PaymentState } from '../../processors/interface/results.ts'

/** Statuses in which the processor must not have the payment's money. */
const withoutMoney: readonly string[] = statusesBeforeEvent('payment.late_capture_refunded')

/**
 * How the books of this deployment differ from the state of a payment at its processor, as a phrase for
 * people; `null`: they agree. The payment must be at rest: no call to the processor is planned for it.
 */
export function compareWithProcessor(
  { row, refunds }: { row: PaymentRow; refunds: readonly RefundRow[] },
  found: PaymentState,
): string | null {
  if (withoutMoney.includes(row.status) && row.captured_amount === 0) return compareUnpaid(found)
  if (found.state !== 'captured') return `captured here, ${found.state} there`
  if (found.capturedMinor !== row.captured_amount) {
    return `${row.captured_amount} captured here, ${found.capturedMinor} there`
  }
  return compareRefunds(refunds, found)
}

/** Compares a payment that has taken no money. What was captured too late must have been refunded. */
function compareUnpaid(found: PaymentState): string | null {
  if (found.state === 'authorized' || found.state === 'action_required') {
    return `nothing is open here, ${found.state} there`
  }
  if (found.state !== 'captured') return null
  const refundedMinor = sumOf(found.refunds.filter(({ status }) => status !== 'failed'))
  return refundedMinor === found.capturedMinor
    ? null
    : `nothing was taken here, ${found.capturedMinor - refundedMinor} there`
}

function compareRefunds(
  refunds: readonly RefundRow[],
  found: PaymentState & { state: 'captured' },
): string | null {
  const { both, foreign } = matchRefunds(refunds, found.refunds)
  const [unknown] = foreign
  if (unknown) return `a refund of ${unknown.amountMinor} only there`
  for (const { refund, found: there } of both) {
    if (refund.amount !== there.amountMinor) {
      return `refund ${refund.id} has ${refund.amount} here, ${there.amountMinor} there`
    }
    if (refund.status !== there.status) {
      return `refund ${refund.id} ${refund.status} here, ${there.status} there`
    }
  }
  const matched = new Set(both.map(({ refund }) => refund.id))
  // A refund that an operator declared as paid has no id of the processor.
  const missing = refunds.find(
    ({ id, status, processor_reference: reference }) =>
      status === 'succeeded' && reference !== null && !matched.has(id),
  )
  return missing ? `refund ${missing.id} only here` : null
}

function sumOf(refunds: readonly { readonly amountMinor: number }[]): number {
  return refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
}
