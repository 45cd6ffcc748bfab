import { sql } from 'kysely'
import type { Tx } from '../database/db.ts'
import type { DisputeRow } from '../database/money-rows.ts'
import type { PaymentRow } from '../database/schema.ts'
import type { Timestamp } from '../domain/time.ts'
import { postSettlement } from '../ledger/post.ts'
import { dropTask, requestTask } from '../payments/tasks/tasks.sql.ts'
import { movePayment } from '../payments/transition/move.sql.ts'

/**
 * The lost dispute by which the bank has returned a debit: the customer has the money back. `undefined`:
 * the debit was not returned, or that is recorded already. A dispute of a part only is an ordinary one.
 */
export function findReturn(
  row: PaymentRow,
  disputes: readonly DisputeRow[],
): DisputeRow | undefined {
  if (row.status === 'failed' || row.captured_amount === 0) return undefined
  const lost = disputes.filter(({ status }) => status === 'lost')
  const lostMinor = lost.reduce((sum, { amount }) => sum + amount, 0)
  return lostMinor >= row.captured_amount - row.refunded_amount ? lost.at(-1) : undefined
}

/**
 * Fails a debit that the bank has returned after its success. The dispute has withdrawn the amount and
 * the fee already. What is left of the payment, its fees, is settled at once: the processor settles
 * nothing more of it. Refunds that were not sent fail, because the customer has the money.
 *
 * @returns the payment's row after the steps.
 */
export async function returnPayment(
  tx: Tx,
  { row, dispute, now }: { row: PaymentRow; dispute: DisputeRow; now: Timestamp },
): Promise<PaymentRow> {
  const { reason } = dispute
  const common = { actor: { type: 'processor', id: row.processor }, reason, now } as const
  const returned = await movePayment(tx, {
    ...common,
    row,
    event: 'payment.returned',
    change: {
      status: 'failed',
      net_amount: row.fee === null ? null : -row.fee,
      failure_code: reason,
      failure_message: `The bank has returned the debit: ${reason.replaceAll('_', ' ')}.`,
    },
    guard: sql`status = ${row.status}`,
  })
  if (row.settled_at === null) await postSettlement(tx, returned)
  await dropTask(tx, { row, kind: 'settle' })
  if (row.refund_count > 0) await requestTask(tx, { row, kind: 'refund', afterSeconds: 0 })
  return await movePayment(tx, {
    ...common,
    row: returned,
    event: 'ach.returned',
    change: {},
    guard: sql`status = 'failed'`,
  })
}
