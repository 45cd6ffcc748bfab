import type { Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import { planTask } from '../tasks/tasks.sql.ts'

/** How long before the end of an authorization the event `payment.authorization_expiring` comes. */
export const warningSeconds = 86_400
/** How often an authorization is looked up at least, in case a message of the processor is lost. */
const lookUpSeconds = 86_400

/**
 * Plans the watch over the authorization of a payment that waits for its capture by a request. An
 * authorization without a known end is looked up at once: it may be captured already.
 */
export async function planWatch(tx: Tx, row: PaymentRow): Promise<void> {
  const { authorization_expires_at: end, updated_at: now } = row
  const dueAt = end === null ? now : nextWatch(end, now)
  await planTask(tx, { row, kind: 'watch', dueAt })
}

/** When an authorization is looked up next: every day, a day before its end to warn, and at its end. */
export function nextWatch(end: Timestamp | null, now: Timestamp): Timestamp {
  const nextDay = plusSeconds(now, lookUpSeconds)
  if (end === null) return nextDay
  const warning = plusSeconds(end, -warningSeconds)
  const step = now < warning ? warning : end
  if (nextDay < step) return nextDay
  return step
}
