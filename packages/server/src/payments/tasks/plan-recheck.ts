import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { latest, plusSeconds, type Timestamp } from '../../domain/time.ts'
import type { Processor } from '../../processors/interface/processor.ts'
import { findRefunds } from '../view/refunds.sql.ts'
import { planTask } from './tasks.sql.ts'

const daySeconds = 86_400

/**
 * The ages of a payment, in days, at which it is looked up once more: after its settlement, or after the
 * refund of a late capture. What a person did there is then found although the processor's message was lost.
 */
const paymentDays = [10, 30, 90, 180]
/** The same ages of the latest refund. A bank may return a refund weeks later, and no search finds that. */
const refundDays = [2, 10, 30]

/** When a payment is looked up next; `null`: no more. */
export async function nextRecheck(
  db: Db,
  row: PaymentRow,
  now: Timestamp,
): Promise<Timestamp | null> {
  const refunds = await findRefunds(db, { account: accountOf(row), paymentId: row.id })
  return nextRecheckOf({
    createdAt: row.created_at,
    refundedAt: refunds.map(({ created_at: at }) => at).reduce(latestOrNull, null),
    now,
  })
}

/** The same, of known times. */
export function nextRecheckOf({
  createdAt,
  refundedAt,
  now,
}: {
  createdAt: Timestamp
  /** The latest refund; `null`: there is none. */
  refundedAt: Timestamp | null
  now: Timestamp
}): Timestamp | null {
  const times = [
    ...paymentDays.map((days) => plusSeconds(createdAt, days * daySeconds)),
    ...(refundedAt ? refundDays.map((days) => plusSeconds(refundedAt, days * daySeconds)) : []),
  ]
  return times.filter((at) => at > now).sort()[0] ?? null
}

function latestOrNull(a: Timestamp | null, b: Timestamp): Timestamp {
  return a === null ? b : latest(a, b)
}

/** Plans these look-ups, if people can act on payments at the processor. */
export async function planRecheck(
  db: Db,
  { row, processor, now }: { row: PaymentRow; processor: Processor; now: Timestamp },
): Promise<void> {
  if (!processor.hasDashboard) return
  const dueAt = await nextRecheck(db, row, now)
  if (dueAt) await planTask(db, { row, kind: 'recheck', dueAt })
}
