import type { Db } from '../../database/db.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { Account } from '../../domain/account.ts'
import { isAllowed, statusesToVoid } from '../../domain/lifecycle.ts'
import { secondsSinceLookUp } from '../calls/attempts.sql.ts'
import { requestTask, rescheduleTasks } from '../tasks/tasks.sql.ts'
import { findPayment } from '../view/payments.sql.ts'

/** Shortest pause between two look-ups of one payment, however many messages arrive about it. */
const lookUpPauseSeconds = 2

/**
 * Handles a processor's message about a payment: makes the payment's tasks due now. The message itself
 * changes nothing, because the tasks ask the processor for the state.
 *
 * - A payment that was canceled or has failed is voided again, so that a late capture is refunded.
 * - The authorization of a payment that waits for its capture is looked up.
 * - The refunds of a captured payment are compared with the processor's: a person may have made one.
 * - The disputes of a payment are looked up if the message is about one, or the payment is disputed.
 */
export async function handleProcessorMessage(
  db: Db,
  { account, paymentId, about }: { account: Account; paymentId: string; about?: 'dispute' },
): Promise<void> {
  const row = await findPayment(db, { account, id: paymentId })
  if (!row || row.processor === null) return
  const passed = await secondsSinceLookUp(db, row)
  const afterSeconds = passed === null ? 0 : Math.max(0, Math.ceil(lookUpPauseSeconds - passed))
  await retryConflicts(async () => {
    if (about === 'dispute' || row.disputed) {
      await requestTask(db, { row, kind: 'dispute', afterSeconds })
    }
    if (about === 'dispute') return
    if (row.captured_amount > 0) {
      return await requestTask(db, { row, kind: 'refund', afterSeconds })
    }
    if (statusesToVoid.includes(row.status)) {
      return await requestTask(db, { row, kind: 'void', afterSeconds })
    }
    if (isAllowed('capture', row.status)) {
      return await requestTask(db, { row, kind: 'watch', afterSeconds })
    }
    // Where the payment has succeeded meanwhile, the settlement task looks it up.
    const kinds = ['authorize', 'capture', 'settle'] as const
    await rescheduleTasks(db, { row, kinds, afterSeconds })
  })
}
