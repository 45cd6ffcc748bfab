import type { Client } from './client.ts'
import type { Comparison } from './rounds.ts'
import type { Store } from './store.ts'
import type { Figure } from './target.ts'

/** What a suite runs with. */
export interface Setup {
  readonly store: Store
  readonly client: Client
  /** Pairs of rounds of each comparison. */
  readonly pairs: number
  readonly durationMs: number
  /** How long a load goes on that is to show whether memory grows. */
  readonly minutes: number
  readonly isQuick: boolean
  /** Told of each comparison when it is done. */
  readonly report: (comparison: Comparison) => void
  /** Told of each figure that stands by itself. */
  readonly note: (figure: Figure) => void
}
