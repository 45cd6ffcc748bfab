import { randomBytes } from 'node:crypto'

/** The fencing token of one claim. A row that somebody holds has it in its column `lease`. */
export type Lease = string

const processName = randomBytes(10).toString('hex')
let claims = 0

/**
 * A token that no other claim of any process ever has. A number that grows would not do for rows
 * that are deleted and inserted again: it would begin anew, and an old holder would match.
 */
export function newLease(): Lease {
  claims++
  return `${processName}:${claims}`
}

/** The lease has ended and another process has claimed the row: its holder does nothing more. */
export class LeaseLostError extends Error {
  constructor() {
    super('the lease was lost')
    this.name = 'LeaseLostError'
  }
}
