import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { FeeSchedule } from '../../domain/fees.ts'
import { plusSeconds } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import { LeaseLostError } from '../../jobs/lease.ts'
import type { Loop } from '../../jobs/loop.ts'
import { startRunner } from '../../jobs/runner.ts'
import type { SkippedAccounts } from '../../jobs/scanning-limiter.ts'
import { isCredentialsRefusal } from '../../processors/interface/results.ts'
import { CallLimiter } from '../calls/call-limiter.ts'
import { measured } from '../calls/measured-processors.ts'
import { BatchedCaptures } from '../capture/batched-captures.ts'
import { claimTasks } from '../tasks/claim-tasks.sql.ts'
import { type ClaimedTask, finishTask, renewLeases } from '../tasks/claimed-tasks.sql.ts'
import { explain, type SentProcessors, type WorkResult } from '../tasks/work.ts'
import { BatchedRows } from './batched-rows.ts'
import { type Batches, runJob, steadyKinds, urgentKinds } from './jobs.ts'
import { type AttentionAlarm, postpone } from './postpone.ts'

/** The dependencies of the payment workers. */
export interface PaymentWorkers {
  readonly db: Db
  readonly processors: SentProcessors
  /** The fees of merchants without their own schedule. */
  readonly fees: FeeSchedule
  /** Calls of one processor account that this process makes at the same time. */
  readonly processorCallsMax?: number
  /** The clock by which the duration of calls is measured. Default: that of this process. */
  readonly nowMs?: () => number
  readonly idleMs: number
  readonly onError: (error: unknown) => void
  /** Called once when a payment begins to need attention for a reason. */
  readonly onAttention: (alarm: AttentionAlarm) => void
}

/** Length of a lease. A worker that does not renew it for this time loses the task to another process. */
export const leaseSeconds = 10
/** Interval at which leases are renewed: three times per lease, so that one may fail. */
const renewMs = 3_000

/** Calls of one processor account that a process makes at the same time, by default. */
export const processorCallsMaxDefault = 256
/** Urgent calls have a quarter of these. */
const urgentShare = 4
/** Delay of a claim while little of the window is free, so that one claim finds several tasks. */
const gatheringMs = 20

/** The loops that call processors. A claim finds tasks of one of them only. */
export interface CallLoops extends Loop {
  readonly urgent: Loop
  readonly steady: Loop
}

/** Starts the jobs that call processors. Urgent calls have limits and claims of their own. */
export function startCallLoops(workers: PaymentWorkers): CallLoops {
  const { processorCallsMax: ceiling = processorCallsMaxDefault } = workers
  const urgentMax = Math.max(1, Math.floor(ceiling / urgentShare))
  const { db } = workers
  const batches = { captures: new BatchedCaptures(db) }
  const start = (name: string, kinds: readonly TaskKind[], callsMax: number) => {
    const rows = new BatchedRows(db, `payments of ${name} tasks`)
    return startCallLoop({ ...workers, rows, batches }, { kinds, ceiling: callsMax })
  }
  const urgent = start('urgent', urgentKinds, urgentMax)
  const steady = start('steady', steadyKinds, Math.max(1, ceiling - urgentMax))
  return {
    urgent,
    steady,
    nudge() {
      urgent.nudge()
      steady.nudge()
    },
    async stop() {
      await Promise.all([urgent.stop(), steady.stop()])
    },
  }
}

interface BatchingWorkers extends PaymentWorkers {
  readonly rows: BatchedRows
  readonly batches: Batches
}

interface CallWorkers extends BatchingWorkers {
  /** The processors for one task. `onRefusal` is called when one of them refuses the credentials. */
  readonly processorsOf: (onRefusal: () => void) => SentProcessors
}

/** Starts the jobs of some kinds, as many at once as the processors allow. */
function startCallLoop(
  given: BatchingWorkers,
  { kinds, ceiling }: { kinds: readonly TaskKind[]; ceiling: number },
): Loop {
  const { nowMs = () => performance.now() } = given
  const limiter = new CallLimiter({ ceiling, nowMs })
  const workers: CallWorkers = {
    ...given,
    processorsOf: (onRefusal) =>
      measured(given.processors, {
        onCall(account, processorAccount, call) {
          limiter.record(account, processorAccount, call)
          if (call.outcome === 'unauthorized') onRefusal()
        },
        nowMs,
      }),
  }
  const claim = async (skip?: SkippedAccounts): Promise<ClaimedTask[]> => {
    const { claimable: limit, shares } = limiter
    const request = { kinds, limit, leaseSeconds, shares }
    return await claimTasks(workers.db, skip ? { ...request, skip } : request)
  }
  return startRunner<ClaimedTask>({
    limiter,
    claims: [() => limiter.claimBehindSaturated(claim), () => claim()],
    run: async (task) => {
      await limiter.turn(task)
      await runTask(workers, task)
    },
    gathering: { ms: gatheringMs, isEnough: (task) => limiter.isClaimWorthwhile(task) },
    renewal: {
      everyMs: renewMs,
      renew: (tasks) => renewLeases(workers.db, { tasks, leaseSeconds }),
    },
    claimsAgain: true,
    idleMs: workers.idleMs,
    onError: workers.onError,
  })
}

/**
 * Runs the job of a task, then finishes or postpones the task. A worker that has lost the claim does
 * neither, because the task belongs to another worker now.
 */
async function runTask(workers: CallWorkers, task: ClaimedTask) {
  const { db, fees, onError } = workers
  const claimedMs = performance.now()
  const elapsedSeconds = () => Math.floor((performance.now() - claimedMs) / 1000)
  const now = () => plusSeconds(task.taken_at, task.offset_seconds + elapsedSeconds())
  let row: PaymentRow | null = null
  let isRefused = false
  const processors = workers.processorsOf(() => {
    isRefused = true
  })
  let result: WorkResult = 'failed'
  try {
    row = await workers.rows.read(task)
    result = await runJob({ db, processors, fees, task, row, now: now() }, workers.batches)
  } catch (error) {
    if (error instanceof LeaseLostError) return
    isRefused ||= isCredentialsRefusal(error)
    onError(error)
  }
  failpoint('before commit', 'task')
  const unfinished = explain(result)
  if (unfinished) await postpone(workers, { task, row, unfinished, isRefused, now: now() })
  else if (result !== 'ended') await finishTask(db, task)
  failpoint('after commit', 'task')
}
