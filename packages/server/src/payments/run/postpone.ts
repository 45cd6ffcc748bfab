import type { AttentionReason } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import { assess } from '../tasks/attention.ts'
import { type ClaimedTask, postponeTask } from '../tasks/claimed-tasks.sql.ts'
import type { Explained } from '../tasks/work.ts'
import { pauseSeconds } from './jobs.ts'

/** A payment that has begun to need attention. */
export interface AttentionAlarm {
  readonly merchantId: string
  readonly livemode: boolean
  readonly paymentId: string
  readonly reason: AttentionReason
  readonly since: Timestamp
}

/** An unfinished run of a task. */
interface UnfinishedRun {
  readonly task: ClaimedTask
  readonly row: PaymentRow | null
  readonly unfinished: Explained
  /** Whether the processor has refused the merchant's credentials. */
  readonly isRefused: boolean
  /** The merchant's time. */
  readonly now: Timestamp
}

/**
 * Postpones a task, and decides whether its payment needs attention. A task that is not overdue is
 * repeated when it becomes overdue at the latest, so that the alarm comes in time.
 */
export async function postpone(
  { db, onAttention }: { db: Db; onAttention: (alarm: AttentionAlarm) => void },
  { task, row, unfinished, isRefused, now }: UnfinishedRun,
): Promise<void> {
  const { result } = unfinished
  const hasFailed = result === 'failed'
  const refused = hasFailed && isRefused ? ('processor_refuses_credentials' as const) : null
  const { failingSince, attention, overdueAt } = assess({
    ...{ task, row, hasFailed, now },
    problem: refused ?? unfinished.problem ?? null,
    wait: unfinished.wait ?? null,
  })
  const dueAt =
    typeof result === 'object' ? result.againAt : plusSeconds(now, pauseSeconds(task, result))
  const isPostponed = await postponeTask(db, {
    ...{ task, failingSince, attention },
    result: hasFailed ? 'failed' : 'pending',
    dueAt: overdueAt !== null && overdueAt < dueAt ? overdueAt : dueAt,
  })
  if (!isPostponed || attention === null || attention.reason === task.attention) return
  onAttention({
    merchantId: task.merchant_id,
    livemode: task.livemode,
    paymentId: task.payment_id,
    ...attention,
  })
}
