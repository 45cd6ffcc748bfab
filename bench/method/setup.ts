import type { Store } from '../database/store.ts'
import type { Client } from '../load/client.ts'
import type { Comparison } from './rounds.ts'
import type { Figure } from './target.ts'

/** The store, the client and the settings that a suite gets. */
export interface Setup {
  readonly store: Store
  readonly client: Client
  /** Pairs of rounds of each comparison. */
  readonly pairs: number
  readonly durationMs: number
  /** Length of the load that shows whether memory grows. */
  readonly minutes: number
  readonly isQuick: boolean
  /** Adds a comparison to the results. */
  readonly recordComparison: (comparison: Comparison) => void
  /** Adds a single figure to the results. */
  readonly recordFigure: (figure: Figure) => void
}
