import type { Which } from '../servers.ts'
import type { Setting } from '../setting.ts'
import type { CallAnswer, CallKey, State, Worker } from '../state.ts'

/** A job of a worker, as the steps between which the worker can stop. */
export interface Job {
  /** After the claim: reads the payment, and begins a look-up or a call. */
  readonly begin: (state: State, n: Which, setting: Setting) => State
  /** After a look-up. */
  readonly act: (state: State, n: Which, setting: Setting) => State
  /** The key of the call that it waits for. */
  readonly callKey: (worker: Worker) => CallKey
  /** After the answer to a call: `endAttempt`, and what follows. More than one state: either may follow. */
  readonly answered: (state: State, n: Which, answer: CallAnswer) => State[]
  /** After a call without an answer, where the job goes on. Omitted: it postpones the task. */
  readonly silent?: (state: State, n: Which, setting: Setting) => State
  /** The transaction that records the result. */
  readonly record: (state: State, n: Which, setting: Setting) => State
}
