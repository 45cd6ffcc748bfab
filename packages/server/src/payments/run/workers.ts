import type { Db } from '../../database/connect.ts'
import { isOwnFailure } from '../../database/errors.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import { plusSeconds } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import { retrySeconds } from '../../jobs/backoff.ts'
import { type Loop, startLoop } from '../../jobs/loop.ts'
import { endAbandonedAttempts } from '../calls/attempts.sql.ts'
import { claimTasks } from '../tasks/claim-tasks.sql.ts'
import { postponeTask } from '../tasks/claimed-tasks.sql.ts'
import { leaseSeconds, type PaymentWorkers, startCallLoop } from './call-loop.ts'
import { type DueTask, expireDue, processDue } from './due-payments.sql.ts'

/** Payments per statement: enough to share a commit, few enough that no cancel waits for long. */
const setSize = 200
/** Between two searches for calls of dead processes. */
const abandonedIdleMs = 5_000

/**
 * Starts the workers of payments: sets of payments that expire or go to processing, calls to
 * processors, and the end of abandoned calls. Any number of processes share the tasks. When a process
 * dies, others claim its tasks.
 */
export function startPaymentWorkers(on: PaymentWorkers): Loop {
  const calls = startCallLoop(on)
  const sets = startLoop({
    turn: async () => {
      const expired = await takeSet(on, 'expire', 'expiry', expireDue)
      const processed = await takeSet(on, 'process', 'process', processDue)
      if (processed > 0 || expired > 0) calls.nudge()
      return processed > 0 || expired > 0
    },
    idleMs: on.idleMs,
    onError: on.onError,
  })
  const abandoned = startLoop({
    turn: () => endAbandonedAttempts(on.db),
    idleMs: abandonedIdleMs,
    onError: on.onError,
  })
  return {
    nudge() {
      sets.nudge()
      calls.nudge()
    },
    async stop() {
      await sets.stop()
      await calls.stop()
      await abandoned.stop()
    },
  }
}

async function takeSet(
  { db, onError }: PaymentWorkers,
  kind: TaskKind,
  step: 'expiry' | 'process',
  carryOutSet: (db: Db, due: readonly DueTask[]) => Promise<void>,
): Promise<number> {
  const tasks = await claimTasks(db, { kinds: [kind], limit: setSize, leaseSeconds })
  const due = tasks.map((task) => ({ task, now: plusSeconds(task.taken_at, task.offset_seconds) }))
  if (due.length === 0) return 0
  try {
    failpoint('before commit', step)
    await retryConflicts(() => carryOutSet(db, due))
    failpoint('after commit', step)
  } catch (error) {
    if (!isOwnFailure(error)) throw error
    // One payment whose step fails must not block the others of its set.
    onError(error)
    for (const one of due) {
      await retryConflicts(() => carryOutSet(db, [one])).catch(async (cause) => {
        onError(cause)
        const dueAt = plusSeconds(one.now, retrySeconds(one.task.failures + 1))
        await postponeTask(db, { task: one.task, result: 'failed', dueAt })
      })
    }
  }
  return due.length
}
