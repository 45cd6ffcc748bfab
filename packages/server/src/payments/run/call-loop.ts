import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import type { FeeSchedule } from '../../domain/fees.ts'
import { plusSeconds } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import { LeaseLostError } from '../../jobs/lease.ts'
import type { Loop } from '../../jobs/loop.ts'
import { startRunner } from '../../jobs/runner.ts'
import type { SkippedAccounts } from '../../jobs/scanning-limiter.ts'
import type { Processors } from '../../processors/interface/processor.ts'
import { CallLimiter } from '../calls/call-limiter.ts'
import { claimTasks } from '../tasks/claim-tasks.sql.ts'
import {
  type ClaimedTask,
  finishTask,
  postponeTask,
  renewLeases,
} from '../tasks/claimed-tasks.sql.ts'
import type { WorkResult } from '../tasks/work.ts'
import { findPayment } from '../view/payments.sql.ts'
import { callKinds, pauseSeconds, runJob } from './jobs.ts'

/** The dependencies of the payment workers. */
export interface PaymentWorkers {
  readonly db: Db
  readonly processors: Processors
  /** The fees of merchants without their own schedule. */
  readonly fees: FeeSchedule
  readonly idleMs: number
  readonly onError: (error: unknown) => void
}

/** Length of a lease. A worker that does not renew it for this time loses the task to another process. */
export const leaseSeconds = 10
/** Interval at which leases are renewed: three times per lease, so that one may fail. */
const renewMs = 3_000

/** Starts the jobs that call processors, as many at once as the limiter allows. */
export function startCallLoop(workers: PaymentWorkers): Loop {
  const limiter = new CallLimiter()
  const claim = async (skip?: SkippedAccounts): Promise<ClaimedTask[]> => {
    const { available: limit, shares } = limiter
    const request = { kinds: callKinds, limit, leaseSeconds, shares }
    return await claimTasks(workers.db, skip ? { ...request, skip } : request)
  }
  return startRunner<ClaimedTask>({
    limiter,
    claims: [() => limiter.claimBehindSaturated(claim), () => claim()],
    run: (task) => runTask(workers, task),
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
async function runTask({ db, processors, fees, onError }: PaymentWorkers, task: ClaimedTask) {
  const claimedMs = performance.now()
  const elapsedSeconds = () => Math.floor((performance.now() - claimedMs) / 1000)
  const now = () => plusSeconds(task.taken_at, task.offset_seconds + elapsedSeconds())
  let result: WorkResult = 'failed'
  try {
    const row = await findPaymentOf(db, task)
    result = await runJob({ db, processors, fees, task, row, now: now() })
  } catch (error) {
    if (error instanceof LeaseLostError) return
    onError(error)
  }
  failpoint('before commit', 'task')
  if (result === 'done') await finishTask(db, task)
  else if (typeof result === 'object') {
    await postponeTask(db, { task, result: 'pending', dueAt: result.againAt })
  } else {
    const dueAt = plusSeconds(now(), pauseSeconds(task, result))
    await postponeTask(db, { task, result, dueAt })
  }
  failpoint('after commit', 'task')
}

async function findPaymentOf(db: Db, task: ClaimedTask): Promise<PaymentRow> {
  const account = accountOf(task)
  const row = await findPayment(db, { account, id: task.payment_id })
  if (!row) throw new Error(`payment ${task.payment_id} of a task was not found`)
  return row
}
