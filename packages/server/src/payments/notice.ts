import type { Db } from '../database/connect.ts'
import type { Timestamp } from '../database/schema.ts'
import type { Account } from '../http/auth.ts'
import { findPayment } from './payments.sql.ts'
import { hastenTasks, planTask } from './tasks.sql.ts'

/**
 * The processor has news of a payment: whatever waits for it looks now. A notice changes nothing by
 * itself; what is true is asked. One about a canceled payment has it given up at the processor
 * again, so that money that came after the cancel goes back.
 */
export async function noticePayment(
  db: Db,
  { account, paymentId, now }: { account: Account; paymentId: string; now: Timestamp },
): Promise<void> {
  const row = await findPayment(db, { account, id: paymentId })
  if (!row || row.processor === null) return
  if (row.status === 'canceled') await planTask(db, { row, kind: 'void', dueAt: now })
  else {
    const kinds = ['authorize', 'capture', 'refund', 'settle'] as const
    await hastenTasks(db, { row, kinds, now })
  }
}
