import type { Setting } from './setting.ts'
import type { Handler, State, TaskKind, Worker } from './state.ts'

// What the servers do: submissions and tasks in progress.

/** One of two clients, submissions or workers. */
export type Which = 0 | 1

export function withHandler(state: State, n: Which, handler: Handler): State {
  const [first, second] = state.handlers
  return { ...state, handlers: n === 0 ? [handler, second] : [first, handler] }
}

export function withWorker(state: State, n: Which, change: Partial<Worker>): State {
  const [first, second] = state.workers
  const workers: State['workers'] =
    n === 0 ? [{ ...first, ...change }, second] : [first, { ...second, ...change }]
  return { ...state, workers }
}

/** Changes all submissions. */
export function changeHandlers(state: State, change: (handler: Handler) => Handler): State {
  const [first, second] = state.handlers
  return { ...state, handlers: [change(first), change(second)] }
}

/** Changes all workers but one; `null`: all. */
export function changeOthers(
  state: State,
  own: Which | null,
  change: (worker: Worker) => Worker,
): State {
  const [first, second] = state.workers
  return {
    ...state,
    workers: [own === 0 ? first : change(first), own === 1 ? second : change(second)],
  }
}

/** Another claim, or the end of the task: the lease tokens of the other workers are old. */
export function loseClaims(state: State, kind: TaskKind, own: Which | null = null): State {
  return changeOthers(state, own, (worker) =>
    worker.kind === kind && worker.hasClaim ? { ...worker, hasClaim: false } : worker,
  )
}

/** Whether the servers do as much at once as the setting allows. */
export function isBusy({ handlers, workers }: State, { activities }: Setting): boolean {
  const submissions = handlers.filter(({ at }) => at !== 'idle').length
  return submissions + workers.filter(({ kind }) => kind !== null).length >= activities
}
