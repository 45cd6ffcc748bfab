import type { Db } from '../database/connect.ts'
import type { Timestamp } from '../database/schema.ts'
import type { Account } from '../http/auth.ts'
import { statusesGivenUp } from './lifecycle.ts'
import { findPayment } from './payments.sql.ts'
import { hastenTasks, planTask } from './tasks.sql.ts'

/**
 * The processor has news of a payment: whatever waits for it looks now. A notice changes nothing by
 * itself; what is true is asked. One about a payment that was canceled or has failed has it given up
 * at the processor, so that money that came later goes back. One about a payment with refunds has
 * them compared with what the processor says of them now.
 */
export async function noticePayment(
  db: Db,
  { account, paymentId, now }: { account: Account; paymentId: string; now: Timestamp },
): Promise<void> {
  const row = await findPayment(db, { account, id: paymentId })
  if (!row || row.processor === null) return
  if (statusesGivenUp.includes(row.status)) await planTask(db, { row, kind: 'void', dueAt: now })
  else {
    if (row.refund_count > 0) await planTask(db, { row, kind: 'refund', dueAt: now })
    const kinds = ['authorize', 'capture', 'refund', 'settle'] as const
    await hastenTasks(db, { row, kinds, now })
  }
}
