import type { Db } from '../../database/connect.ts'
import { isOwnFailure } from '../../database/errors.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { FeeSchedule } from '../../domain/fees.ts'
import { plusSeconds } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import { pendingSeconds, retrySeconds } from '../../jobs/backoff.ts'
import { LeaseLostError } from '../../jobs/lease.ts'
import { type Loop, startLoop } from '../../jobs/loop.ts'
import { startRunner } from '../../jobs/runner.ts'
import type { Processors } from '../../processors/interface/processor.ts'
import { endAbandonedAttempts } from '../calls/attempts.sql.ts'
import { CallLimiter } from '../calls/call-limiter.ts'
import { voidPayment } from '../cancel/void-job.ts'
import { capturePayment } from '../capture/capture-job.ts'
import { refundPayments } from '../refund/refund-job.ts'
import { checkSettlement } from '../settle/settlement-job.ts'
import { reconcileAuthorization } from '../submit/authorization-job.ts'
import { claimTasks, type PassedOver } from '../tasks/claim-tasks.sql.ts'
import {
  type ClaimedTask,
  finishTask,
  postponeTask,
  renewLeases,
} from '../tasks/claimed-tasks.sql.ts'
import type { Work, WorkResult } from '../tasks/work.ts'
import { findPayment } from '../view/payments.sql.ts'
import { type DueTask, expireDue, processDue } from './due-payments.sql.ts'

export interface PaymentWorkers {
  readonly db: Db
  readonly processors: Processors
  /** Of merchants without a schedule of their own. */
  readonly fees: FeeSchedule
  readonly idleMs: number
  readonly onError: (error: unknown) => void
}

/** Payments of one set: enough to share the commit, few enough that a cancel waits for no one. */
const setSize = 200
/** Once this has passed without a sign of life, another process takes over. */
const leaseSeconds = 10
/** How often a process says that it still works on its tasks: three times in a lease. */
const renewMs = 3_000
/** How often calls are looked for whose process died. */
const abandonedLookMs = 5_000
/** Settlement takes days, so some hours between looks are soon enough. */
const settlementLookSeconds = 6 * 3_600

/** A task that is a call to the processor. */
interface CallKind {
  readonly run: (work: Work) => Promise<WorkResult>
  /** How often the processor is asked while it has not decided, in seconds. Messages come sooner. */
  readonly pending: { readonly min: number; readonly max: number }
}

const slow = { min: 5, max: 300 }
const handlers: Partial<Record<TaskKind, CallKind>> = {
  // A customer waits for the result, on the page of a bank or on ours.
  authorize: { run: reconcileAuthorization, pending: { min: 5, max: 30 } },
  capture: { run: capturePayment, pending: slow },
  void: { run: voidPayment, pending: slow },
  refund: { run: refundPayments, pending: slow },
  settle: {
    run: checkSettlement,
    pending: { min: settlementLookSeconds, max: settlementLookSeconds },
  },
}
const callKinds = Object.keys(handlers) as TaskKind[]

/**
 * Starts what moves payments on by itself: expiry and processing, in sets, and calls to the
 * processors, some at a time. Any number of processes share the tasks; one that dies leaves its
 * own to the others.
 */
export function startPaymentWorkers(on: PaymentWorkers): Loop {
  const calls = startCalls(on)
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
    idleMs: abandonedLookMs,
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
    // One payment that cannot take its step must not hold up the others of its set.
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

/** Starts the calls to processors, as many at the same time as the limiter allows. */
function startCalls(on: PaymentWorkers): Loop {
  const limiter = new CallLimiter()
  const claim = async (passedOver?: PassedOver): Promise<ClaimedTask[]> => {
    const { available: limit, shares } = limiter
    const request = { kinds: callKinds, limit, leaseSeconds, shares }
    return await claimTasks(on.db, passedOver ? { ...request, passedOver } : request)
  }
  return startRunner<ClaimedTask>({
    limiter,
    claims: [
      () =>
        limiter.claimBehindSaturated(({ accounts, isTestSkipped }) =>
          claim({ accounts, isTest: isTestSkipped }),
        ),
      () => claim(),
    ],
    run: (task) => carryOut(on, task),
    renewal: {
      everyMs: renewMs,
      renew: (tasks) => renewLeases(on.db, { tasks, leaseSeconds }),
    },
    claimsAgain: true,
    idleMs: on.idleMs,
    onError: on.onError,
  })
}

/**
 * Carries out a task, and ends it or plans it again. A worker that has lost its lease does neither:
 * the task is another worker's.
 */
async function carryOut({ db, processors, fees, onError }: PaymentWorkers, task: ClaimedTask) {
  const takenMs = performance.now()
  const elapsedSeconds = () => Math.floor((performance.now() - takenMs) / 1000)
  const now = () => plusSeconds(task.taken_at, task.offset_seconds + elapsedSeconds())
  let result: WorkResult = 'failed'
  try {
    const row = await findPaymentOf(db, task)
    const handler = handlers[task.kind]
    if (handler) result = await handler.run({ db, processors, fees, task, row, now: now() })
  } catch (error) {
    if (error instanceof LeaseLostError) return
    onError(error)
  }
  failpoint('before commit', 'task')
  if (result === 'done') await finishTask(db, task)
  else {
    const dueAt = plusSeconds(now(), pauseSeconds(task, result))
    await postponeTask(db, { task, result, dueAt })
  }
  failpoint('after commit', 'task')
}

function pauseSeconds(task: ClaimedTask, result: 'pending' | 'failed'): number {
  const bounds = handlers[task.kind]?.pending
  if (result === 'failed' || !bounds) return retrySeconds(task.failures + 1)
  return pendingSeconds(task.age_seconds, bounds)
}

async function findPaymentOf(db: Db, task: ClaimedTask): Promise<PaymentRow> {
  const account = { merchantId: task.merchant_id, livemode: task.livemode }
  const row = await findPayment(db, { account, id: task.payment_id })
  if (!row) throw new Error('the payment of a task vanished')
  return row
}
