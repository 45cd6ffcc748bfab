import type { Db } from '../database/connect.ts'
import { retryConflicts } from '../database/retry.ts'
import type { PaymentRow } from '../database/schema.ts'
import { failpoint } from '../failpoints.ts'
import { isDatabaseUnavailable } from '../http/failures.ts'
import type { FeeSchedule } from '../ledger/fees.ts'
import type { Processors } from '../processors/processor.ts'
import { plusSeconds } from '../time.ts'
import { type Loop, startLoop } from '../workers/loop.ts'
import { endAbandonedAttempts } from './attempts.sql.ts'
import { CallRoom } from './call-room.ts'
import { capturePayment } from './capture.ts'
import { refundPayments } from './carry-out-refunds.ts'
import { checkSettlement } from './check-settlement.ts'
import { findPayment } from './payments.sql.ts'
import { type DueTask, expireDue, processDue } from './process.sql.ts'
import { reconcileAuthorization } from './reconcile.ts'
import {
  type ClaimedTask,
  claimTasks,
  finishTasks,
  type PassedOver,
  postponeTask,
  renewLeases,
  type TaskKind,
} from './tasks.sql.ts'
import { voidPayment } from './void.ts'
import type { Work, WorkResult } from './work-on.ts'

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
/** Longest pause between tries: a processor that is back is noticed within minutes. */
const pauseSecondsMax = 300

/** Tasks that are a call to the processor, and who does them. */
const handlers: Partial<Record<TaskKind, (work: Work) => Promise<WorkResult>>> = {
  authorize: reconcileAuthorization,
  capture: capturePayment,
  void: voidPayment,
  refund: refundPayments,
  settle: checkSettlement,
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
    if (isDatabaseUnavailable(error)) throw error
    // One payment that cannot take its step must not hold up the others of its set.
    onError(error)
    for (const one of due) await retryConflicts(() => carryOutSet(db, [one])).catch(onError)
  }
  return due.length
}

/** Keeps as many tasks running as there is room for; each that ends makes room for the next. */
function startCalls(on: PaymentWorkers): Loop {
  const running = new Map<Promise<void>, ClaimedTask>()
  const room = new CallRoom()
  const renewal = setInterval(() => {
    renewLeases(on.db, { tasks: [...running.values()], leaseSeconds }).catch(on.onError)
  }, renewMs)
  const loop = startLoop({
    turn: async () => {
      const others = await room.lookBehind(begin)
      const began = await begin()
      return others.length + began.length > 0 && room.left > 0
    },
    idleMs: on.idleMs,
    onError: on.onError,
  })
  async function begin(passedOver?: PassedOver): Promise<ClaimedTask[]> {
    const { left: limit, shares } = room
    const claim = { kinds: callKinds, limit, leaseSeconds, shares }
    const tasks = await claimTasks(on.db, passedOver ? { ...claim, passedOver } : claim)
    for (const task of tasks) {
      const work = carryOut(on, task)
        .catch(on.onError)
        .finally(() => {
          running.delete(work)
          room.release(task)
          loop.nudge()
        })
      running.set(work, task)
      room.take(task)
    }
    return tasks
  }
  return {
    nudge: () => loop.nudge(),
    async stop() {
      await loop.stop()
      await Promise.all(running.keys())
      clearInterval(renewal)
    },
  }
}

/** Whatever happens, the task is done or planned again: nobody forgets a payment. */
async function carryOut({ db, processors, fees, onError }: PaymentWorkers, task: ClaimedTask) {
  const takenMs = performance.now()
  const elapsedSeconds = () => Math.floor((performance.now() - takenMs) / 1000)
  const now = () => plusSeconds(task.taken_at, task.offset_seconds + elapsedSeconds())
  let result: WorkResult = 'again'
  try {
    const row = await findPaymentOf(db, task)
    const handler = handlers[task.kind]
    if (handler) result = await handler({ db, processors, fees, task, row, now: now() })
  } catch (error) {
    onError(error)
  }
  failpoint('before commit', 'task')
  if (result === 'done') await finishTasks(db, [task])
  else await postponeTask(db, { task, dueAt: plusSeconds(now(), pauseSeconds(task.attempts)) })
  failpoint('after commit', 'task')
}

async function findPaymentOf(db: Db, task: ClaimedTask): Promise<PaymentRow> {
  const account = { merchantId: task.merchant_id, livemode: task.livemode }
  const row = await findPayment(db, { account, id: task.payment_id })
  if (!row) throw new Error('the payment of a task vanished')
  return row
}

/** One second, two, four …, each up to half as long again, so that many do not come at once. */
function pauseSeconds(attempts: number): number {
  const seconds = Math.min(pauseSecondsMax, 2 ** Math.min(attempts - 1, 20))
  return Math.ceil(seconds * (1 + Math.random() / 2))
}
