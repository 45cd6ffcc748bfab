import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import type { Processor } from '../../processors/interface/processor.ts'
import { planTask } from './tasks.sql.ts'

const daySeconds = 86_400

/**
 * The ages of a payment, in days, at which it is looked up once more: after its settlement, or after the
 * refund of a late capture. A refund by hand, or a refund that fails later, is then found although the
 * processor's message was lost.
 */
const recheckDays = [10, 30, 90, 180]

/** When a payment is looked up next; `null`: no more. */
export function nextRecheck(
  { created_at: createdAt }: PaymentRow,
  now: Timestamp,
): Timestamp | null {
  const times = recheckDays.map((days) => plusSeconds(createdAt, days * daySeconds))
  return times.find((at) => at > now) ?? null
}

/** Plans these look-ups, if people can act on payments at the processor. */
export async function planRecheck(
  db: Db,
  { row, processor, now }: { row: PaymentRow; processor: Processor; now: Timestamp },
): Promise<void> {
  const dueAt = nextRecheck(row, now)
  if (processor.hasDashboard && dueAt) await planTask(db, { row, kind: 'recheck', dueAt })
}
