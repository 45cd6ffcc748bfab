import { isCluster } from '../../database/cluster/cluster.ts'
import { commitStatement } from '../../database/commit.ts'
import type { Db } from '../../database/db.ts'
import { isOwnFailure } from '../../database/errors.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import { groupByAccount } from '../../domain/account.ts'
import { plusSeconds } from '../../domain/time.ts'
import { type Loop, startLoop } from '../../jobs/loop.ts'
import { endAbandonedAttempts } from '../calls/attempts.sql.ts'
import { claimTasks } from '../tasks/claim-tasks.sql.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import { leaseSeconds, type PaymentWorkers, startCallLoops } from './call-loop.ts'
import { type DueTask, expireDue, processDue } from './due-payments.sql.ts'
import { postpone } from './postpone.ts'

/** Payments per statement: enough to share a commit, few enough that no cancel waits for long. */
const setSize = 200
/** Pause between two searches for calls of dead processes. */
const abandonedIdleMs = 5_000

/**
 * Starts the workers of payments: sets of payments that expire or go to processing, calls to
 * processors, and the end of abandoned calls. Any number of processes share the tasks. When a process
 * dies, others claim its tasks.
 */
export function startPaymentWorkers(workers: PaymentWorkers): Loop {
  const calls = startCallLoops(workers)
  const sets = startLoop({
    turn: async () => {
      // Captures wait for this set only: where a payment has no undo window, its client may wait for it.
      const processed = await processSet(workers, 'process', 'process', processDue)
      if (processed > 0) calls.steady.nudge()
      const expired = await processSet(workers, 'expire', 'expiry', expireDue)
      if (expired > 0) calls.urgent.nudge()
      return processed > 0 || expired > 0
    },
    idleMs: workers.idleMs,
    onError: workers.onError,
  })
  const abandoned = startLoop({
    turn: () => endAbandonedAttempts(workers.db),
    idleMs: abandonedIdleMs,
    onError: workers.onError,
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

/**
 * Claims a set of due tasks and runs `step` on all of them in one statement. If that fails, runs `step`
 * on each task alone.
 *
 * @returns the number of tasks that were claimed.
 */
async function processSet(
  workers: PaymentWorkers,
  kind: TaskKind,
  commitName: 'expiry' | 'process',
  step: (db: Db, due: readonly DueTask[]) => Promise<void>,
): Promise<number> {
  const { db } = workers
  const tasks = await claimTasks(db, { kinds: [kind], limit: setSize, leaseSeconds })
  // In a cluster, a statement has the tasks of one account.
  const sets = isCluster(db) ? groupByAccount(tasks).map(([, ofAccount]) => ofAccount) : [tasks]
  for (const set of sets) await runSet(workers, set, { commitName, step })
  return tasks.length
}

async function runSet(
  workers: PaymentWorkers,
  tasks: readonly ClaimedTask[],
  {
    commitName,
    step,
  }: {
    commitName: 'expiry' | 'process'
    step: (db: Db, due: readonly DueTask[]) => Promise<void>
  },
): Promise<void> {
  const { db, onError } = workers
  const due = tasks.map((task) => ({ task, now: plusSeconds(task.taken_at, task.offset_seconds) }))
  if (due.length === 0) return
  try {
    await commitStatement(commitName, () => step(db, due))
  } catch (error) {
    if (!isOwnFailure(error)) throw error
    // One payment whose step fails must not block the others of its set.
    onError(error)
    for (const dueTask of due) {
      await retryConflicts(() => step(db, [dueTask])).catch(async (cause) => {
        onError(cause)
        const { task, now } = dueTask
        const unfinished = { result: 'failed' } as const
        await postpone(workers, { task, row: null, unfinished, isRefused: false, now })
      })
    }
  }
}
