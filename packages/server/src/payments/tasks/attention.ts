import {
  type AttentionReason,
  type LastingProblem,
  type WaitName,
  waitOf,
} from '@hedgepayments/contract'
import type { PaymentRow } from '../../database/schema.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import type { ClaimedTask } from './claimed-tasks.sql.ts'

/** An unfinished run of a task. All times are the merchant's. */
export interface Run {
  readonly task: Pick<
    ClaimedTask,
    'kind' | 'waiting_since' | 'failing_since' | 'attention' | 'attention_since'
  >
  /** `null`: unknown, because the step that failed is one of many payments. */
  readonly row: PaymentRow | null
  readonly hasFailed: boolean
  readonly problem: LastingProblem | null
  /** `null`: what the kind of the task says. */
  readonly wait: WaitName | null
  readonly now: Timestamp
}

/** Whether a payment needs an operator because of a task, and when that is to be decided again. */
export interface Assessment {
  readonly failingSince: Timestamp | null
  readonly attention: { readonly reason: AttentionReason; readonly since: Timestamp } | null
  /** The next time at which the task becomes overdue. */
  readonly overdueAt: Timestamp | null
}

/**
 * Decides whether a payment needs attention: the only place that does. A problem that no waiting ends
 * needs it at once. Otherwise the limits of the contract's table `waits` decide: how long calls may fail
 * in a row, and how long the processor may leave the payment undecided.
 */
export function assess(run: Run): Assessment {
  const { task, now, problem } = run
  const wait = waitOf(run.wait ?? task.kind)
  const failingSince = run.hasFailed ? (task.failing_since ?? now) : null
  if (problem !== null) {
    const since = task.attention === problem ? (task.attention_since ?? now) : now
    return { failingSince, attention: { reason: problem, since }, overdueAt: null }
  }
  const limits: Limit[] = []
  if (failingSince !== null) {
    limits.push({ since: failingSince, at: plusSeconds(failingSince, wait.failingSeconds) })
  }
  const undecidedAt = undecidedEnd(run)
  if (undecidedAt !== null) limits.push({ since: task.waiting_since, at: undecidedAt })
  const overdue = limits.filter(({ at }) => at <= now).sort(bySince)[0]
  if (overdue) {
    const attention = { reason: wait.reason, since: overdue.since }
    return { failingSince, attention, overdueAt: null }
  }
  return { failingSince, attention: null, overdueAt: limits.map(({ at }) => at).sort()[0] ?? null }
}

interface Limit {
  readonly since: Timestamp
  readonly at: Timestamp
}

function bySince(a: Limit, b: Limit): number {
  return a.since < b.since ? -1 : 1
}

/** Until when the processor may leave a payment undecided. `null`: something else ends the wait. */
function undecidedEnd({ task, row, wait }: Run): Timestamp | null {
  const limits = waitOf(wait ?? task.kind).undecidedSeconds
  if (limits === null || row === null) return null
  // The customer is on the page of the bank, until the payment expires.
  if (task.kind === 'authorize' && row.next_action_url !== null) return null
  const since = plusSeconds(task.waiting_since, limits[row.payment_method])
  if (task.kind !== 'watch' || row.authorization_expires_at === null) return since
  return plusSeconds(row.authorization_expires_at, waitOf('watch').failingSeconds)
}
