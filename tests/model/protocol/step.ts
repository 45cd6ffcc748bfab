import type { State } from './state.ts'

/** One step of the model: a transaction, a call, an answer, a crash. */
export interface Step {
  /** `server 1`, `worker 2`, `client 1`, `processor`, `a person`. */
  readonly by: string
  /** What happens, for the line of a counterexample. */
  readonly does: string
  readonly next: State
  /** Whether it is a fault, such as a crash. Without faults, every payment must become final. */
  readonly isFault?: boolean
}
