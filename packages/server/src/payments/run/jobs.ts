import type { TaskKind } from '../../database/task-rows.ts'
import { followDisputes } from '../../disputes/dispute-job.ts'
import { pendingSeconds, retrySeconds } from '../../jobs/backoff.ts'
import { voidPayment } from '../cancel/void-job.ts'
import type { BatchedCaptures } from '../capture/batched-captures.ts'
import { capturePayment } from '../capture/capture-job.ts'
import { processRefunds } from '../refund/refund-job.ts'
import { recheckPayment } from '../settle/recheck-job.ts'
import { checkSettlement } from '../settle/settlement-job.ts'
import { reconcileAuthorization } from '../submit/authorization-job.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import type { Work, WorkResult } from '../tasks/work.ts'
import { watchAuthorization } from '../watch/watch-job.ts'

/** Statements that the jobs of this process share. */
export interface Batches {
  readonly captures: BatchedCaptures
}

/** A job that calls the processor. */
interface Job {
  readonly run: (work: Work, batches: Batches) => Promise<WorkResult>
  /** Bounds of the pause while the processor has not decided, in seconds. Messages end it sooner. */
  readonly pendingPause: { readonly min: number; readonly max: number }
}

/** Settlement takes days, so a look-up every six hours is enough. */
const settlementPauseSeconds = 6 * 3_600

const background = { min: 5, max: 300 }
const jobs: Partial<Record<TaskKind, Job>> = {
  // A customer waits for the result, on the page of a bank or on the hosted page.
  authorize: { run: reconcileAuthorization, pendingPause: { min: 5, max: 30 } },
  watch: { run: watchAuthorization, pendingPause: background },
  capture: { run: capturePayment, pendingPause: background },
  void: { run: voidPayment, pendingPause: background },
  // A bank takes days for a refund, and messages end the pause.
  refund: { run: processRefunds, pendingPause: { min: background.min, max: 6 * 3_600 } },
  settle: {
    run: checkSettlement,
    pendingPause: { min: settlementPauseSeconds, max: settlementPauseSeconds },
  },
  // A dispute takes weeks, and messages end the pause.
  dispute: { run: followDisputes, pendingPause: { min: 30, max: 6 * 3_600 } },
  recheck: { run: recheckPayment, pendingPause: background },
}

/**
 * The kinds of tasks that call the processor, by the limits under which they run. Somebody waits for an
 * urgent call: the customer of a cancel or an authorization. So no backlog of captures delays it. The
 * other kinds of tasks change the database only.
 */
export const urgentKinds: readonly TaskKind[] = ['void', 'authorize']
export const steadyKinds = (Object.keys(jobs) as TaskKind[]).filter(
  (kind) => !urgentKinds.includes(kind),
)

/** Runs the job of a task. */
export async function runJob(work: Work, batches: Batches): Promise<WorkResult> {
  const job = jobs[work.task.kind]
  if (!job) throw new Error(`no job for a task of the kind ${work.task.kind}`)
  return await job.run(work, batches)
}

/** The pause before a task is repeated, in seconds. */
export function pauseSeconds(task: ClaimedTask, result: 'pending' | 'failed'): number {
  const pause = jobs[task.kind]?.pendingPause
  if (result === 'failed' || !pause) return retrySeconds(task.failures + 1)
  return pendingSeconds(task.age_seconds, pause)
}
