import { answerOf, lookUp, send } from '../processor.ts'
import { cancelRow, process } from '../requests/requests.ts'
import { planTask } from '../rows/database.ts'
import { isBefore } from '../rows/lifecycle.ts'
import { isBusy, type Which, withWorker } from '../servers.ts'
import type { Setting } from '../setting.ts'
import { idleWorker, type State, type TaskKind, taskKinds } from '../state.ts'
import type { Step } from '../step.ts'
import { authorizeJob } from './authorize.ts'
import { captureJob } from './capture.ts'
import type { Job } from './job.ts'
import { refundJob } from './refund.ts'
import { voidJob } from './void.ts'
import { watchJob } from './watch.ts'
import { claim, finish, postpone, stop } from './worker.ts'

const jobs: Readonly<Record<TaskKind, Job>> = {
  authorize: authorizeJob,
  capture: captureJob,
  void: voidJob,
  refund: refundJob,
  watch: watchJob,
}

/**
 * The steps of both workers (run/call-loop.ts). Any planned task may be due, and any lease may have ended.
 * What a worker only reads before its first write is one step with its claim: until then a worker that has
 * lost its claim has done nothing.
 */
export function* workSteps(state: State, setting: Setting): Generator<Step> {
  yield* dueSteps(state, setting)
  for (const n of [0, 1] as const) {
    const { kind, at } = state.workers[n]
    const by = `worker ${n + 1}`
    if (kind !== null) {
      yield* jobSteps(state, n, { kind, setting })
      const next = at === 'planning' ? stop(state, n) : postpone(state, n)
      yield { by, does: `crashes, or gets no answer in time (${kind})`, next, isFault: true }
      continue
    }
    if ((n === 1 && state.workers[0].kind === null) || isBusy(state, setting)) continue
    for (const due of taskKinds) {
      if (state.database.tasks[due] === 'none') continue
      const next = jobs[due].begin(claim(state, n, due), n, setting)
      yield { by, does: `claims the task ${due}, ${describe(next, n, due)}`, next }
    }
  }
}

/** What a worker goes on to do, for the line of a counterexample. */
function describe(next: State, n: Which, kind: TaskKind): string {
  const worker = next.workers[n]
  switch (worker.at) {
    case 'idle':
      return 'and is done'
    case 'looking':
      return 'and looks the payment up'
    case 'calling':
      return `and calls ${jobs[kind].callKey(worker)}`
    default:
      return 'and goes on'
  }
}

/** The statements of run/due-payments.sql.ts: `processDue` and `expireDue`, each under the row's lock. */
function* dueSteps(state: State, setting: Setting): Generator<Step> {
  const { status, isProcessPlanned } = state.database
  const by = 'a worker'
  if (isBefore('initiated', status)) {
    const next = cancelRow(state, setting.fault)
    yield { by, does: 'cancels the payment, because it has expired', next }
  }
  if (!isProcessPlanned || !isBefore('processing', status)) return
  const next = process(state, setting)
  if (setting.fault === 'a capture is planned after its commit') {
    const n = state.workers[0].kind === null ? 0 : 1
    if (state.workers[n].kind !== null) return
    const planning = withWorker(next, n, { ...idleWorker, kind: 'capture', at: 'planning' })
    yield { by: `worker ${n + 1}`, does: 'ends the undo window: processing', next: planning }
    return
  }
  yield { by, does: 'ends the undo window: processing', next }
  if (setting.fault === 'a capture leaves before processing') {
    yield { by, does: 'sends capture:1', next: send(state, 'capture:1') }
  }
}

function* jobSteps(
  state: State,
  n: Which,
  { kind, setting }: { kind: TaskKind; setting: Setting },
): Generator<Step> {
  const worker = state.workers[n]
  const job = jobs[kind]
  const by = `worker ${n + 1}`
  switch (worker.at) {
    case 'looking': {
      const { books, paid } = lookUp(state, setting)
      const needsPaid = kind === 'refund' || (kind === 'void' && books === 'captured')
      const seen = { at: 'found', result: books, ...(needsPaid ? { paid } : {}) } as const
      yield {
        by,
        does: `gets the answer to its look-up: ${books}`,
        next: withWorker(state, n, seen),
      }
      return
    }
    case 'found': {
      const next = job.act(state, n, setting)
      const lost = worker.hasClaim || next.workers[n].at !== 'idle' ? '' : ', without its lease'
      yield { by, does: `acts on the look-up${lost}, ${describe(next, n, kind)}`, next }
      return
    }
    case 'calling': {
      const key = job.callKey(worker)
      const answer = answerOf(state, key)
      for (const next of answer ? job.answered(state, n, answer) : [])
        yield {
          by,
          does: `gets the answer to ${key}: ${answer === 'kept' ? 'a failure that is kept' : answer}`,
          next,
        }
      const next = job.silent?.(state, n, setting)
      if (next) yield { by, does: `gets no answer to ${key}`, next, isFault: true }
      return
    }
    case 'answered':
      yield { by, does: `records the result of ${kind}`, next: job.record(state, n, setting) }
      return
    case 'finishing':
      yield { by, does: `finishes the task ${kind}`, next: finish(state, n, setting.fault) }
      return
    case 'planning':
      yield { by, does: 'plans the capture', next: planTask(stop(state, n), 'capture') }
      return
    case 'idle':
      throw new Error('an idle worker has a task')
  }
}
