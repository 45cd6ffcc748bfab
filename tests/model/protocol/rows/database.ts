import { type EventType, isStep, type PaymentStatus } from '@hedgepayments/contract'
import { loseClaims } from '../servers.ts'
import type { Database, State, Task, TaskKind } from '../state.ts'

// Parts of transactions. A transaction of the server is one step of the model, because the row's lock and
// the database make it atomic.

/** The amount of the payment. A refund by `refund` is 1, a reversal refunds the rest. */
export const amount = 2

export function inDatabase(state: State, change: Partial<Database>): State {
  return { ...state, database: { ...state.database, ...change } }
}

/**
 * `movePayment`: the step and its event, in one statement.
 *
 * @throws where the lifecycle has no such step, as the server does.
 */
export function move(
  state: State,
  event: EventType,
  change: Partial<Database> & { readonly status?: PaymentStatus } = {},
): State {
  const { status: from } = state.database
  const to = change.status ?? from
  if (!isStep({ event, from, to })) throw new Error(`the server cannot move ${from} by ${event}`)
  return record(state, event, change)
}

/** Writes the row and its event, whatever the lifecycle says. */
export function record(state: State, event: EventType, change: Partial<Database>): State {
  const { database } = state
  const status = change.status ?? database.status
  const events = `${database.events} ${event}>${status}`
  return inDatabase(state, { ...change, events })
}

/** `insertTransfers`: one transfer of the ledger. */
export function post(
  state: State,
  transfer: { from: keyof Database['ledger']; to: keyof Database['ledger']; minor: number },
): State {
  const { ledger } = state.database
  const { from, to, minor } = transfer
  const credited = { ...ledger, [from]: ledger[from] + minor }
  return inDatabase(state, { ledger: { ...credited, [to]: credited[to] - minor } })
}

/** `planTask`: a worker that has claimed the task loses it. */
export function planTask(state: State, kind: TaskKind): State {
  return loseClaims(setTask(state, kind, 'planned'), kind)
}

/** `dropTask` */
export function dropTask(state: State, kind: TaskKind): State {
  return loseClaims(setTask(state, kind, 'none'), kind)
}

/** `requestTask`: a worker that has claimed the task keeps it, and the task runs once more. */
export function requestTask(state: State, kind: TaskKind): State {
  const task = state.database.tasks[kind]
  return setTask(state, kind, task === 'none' || task === 'planned' ? 'planned' : 'requested')
}

export function setTask(state: State, kind: TaskKind, task: Task): State {
  const { tasks } = state.database
  return tasks[kind] === task ? state : inDatabase(state, { tasks: { ...tasks, [kind]: task } })
}
