import type { Db } from '../../database/connect.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { Account } from '../../domain/account.ts'
import { statusesGivenUp } from '../../domain/lifecycle.ts'
import { secondsSinceLookUp } from '../calls/attempts.sql.ts'
import { requestTask, rescheduleTasks } from '../tasks/tasks.sql.ts'
import { findPayment } from '../view/payments.sql.ts'

/** Between two looks at one payment, however many messages arrive about it. */
const lookSecondsMin = 2

/**
 * The processor says that something happened to a payment: its tasks look at once. A message changes
 * nothing by itself, because the processor is asked what is true. A payment that was canceled or has
 * failed is voided again, so that money that came later goes back. The refunds of a payment are
 * compared with those of the processor.
 */
export async function noticePayment(
  db: Db,
  { account, paymentId }: { account: Account; paymentId: string },
): Promise<void> {
  const row = await findPayment(db, { account, id: paymentId })
  if (!row || row.processor === null) return
  const passed = await secondsSinceLookUp(db, row)
  const afterSeconds = passed === null ? 0 : Math.max(0, Math.ceil(lookSecondsMin - passed))
  await retryConflicts(async () => {
    if (statusesGivenUp.includes(row.status)) {
      return await requestTask(db, { row, kind: 'void', afterSeconds })
    }
    if (row.refund_count > 0) await requestTask(db, { row, kind: 'refund', afterSeconds })
    const kinds = ['authorize', 'capture', 'refund', 'settle'] as const
    await rescheduleTasks(db, { row, kinds, afterSeconds })
  })
}
