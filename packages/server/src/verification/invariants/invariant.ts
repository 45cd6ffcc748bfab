import type { PaymentStatus } from '@hedgepayments/contract'

/** Something that is true of every payment at any time, whatever servers do meanwhile. */
export interface Invariant {
  /** A stable name for programs, such as `events_numbered`. */
  readonly name: string
  /** The guarantee, as a sentence without its full stop. */
  readonly guarantee: string
  /** What the operator can do about a violation. */
  readonly action: string
  /**
   * A statement that returns a row for each violation, with the id of the payment as `id`. It reads the
   * tables of a page (`pages/page.sql.ts`). One statement, so it sees one snapshot.
   */
  readonly text: string
}

/** Statuses as a list of SQL. */
export function listOf(statuses: readonly PaymentStatus[]): string {
  return statuses.map((status) => `'${status}'`).join(', ')
}
