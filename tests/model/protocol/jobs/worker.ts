import { setTask } from '../rows/database.ts'
import { loseClaims, type Which, withWorker } from '../servers.ts'
import type { Setting } from '../setting.ts'
import { idleWorker, type State, type TaskKind } from '../state.ts'

// What all jobs share. Every write of a worker that depends on its claim compares its lease token.

/** The worker has ended, or has noticed that it has lost its lease (`LeaseLostError`). */
export function stop(state: State, n: Which): State {
  return withWorker(state, n, idleWorker)
}

/** `claimTasks` (tasks/claim-tasks.sql.ts): the tokens of earlier claims are old. */
export function claim(state: State, n: Which, kind: TaskKind): State {
  const claimed = loseClaims(setTask(state, kind, 'claimed'), kind, n)
  return withWorker(claimed, n, { ...idleWorker, kind, hasClaim: true })
}

/** `finishTask` (tasks/claimed-tasks.sql.ts): deletes the task, or releases it if it was requested again. */
export function finish(state: State, n: Which, fault?: Setting['fault']): State {
  const { kind, hasClaim } = state.workers[n]
  const stopped = stop(state, n)
  if (kind === null) return stopped
  const task = state.database.tasks[kind]
  if (!hasClaim && fault !== 'a task is finished without the fence') return stopped
  const isAgain = task === 'requested' && fault !== 'a finished task forgets a request'
  return loseClaims(setTask(stopped, kind, isAgain ? 'planned' : 'none'), kind)
}

/** `postponeTask`: the task is due again later. A dead worker's lease ends in the same way. */
export function postpone(state: State, n: Which): State {
  const { kind, hasClaim } = state.workers[n]
  const stopped = stop(state, n)
  return kind !== null && hasClaim ? setTask(stopped, kind, 'planned') : stopped
}
