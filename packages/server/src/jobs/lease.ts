import { randomBytes } from 'node:crypto'

/** The fencing token of one claim. A claimed row has it in its column `lease`. */
export type Lease = string

const processName = randomBytes(10).toString('hex')
let claims = 0

/**
 * A token that no other claim of any process has. A counter in the row would not be unique: rows are
 * deleted and inserted again, the counter would restart, and the token of an old claim would match.
 */
export function newLease(): Lease {
  claims++
  return `${processName}:${claims}`
}

/** The lease has ended and another process has claimed the row. The caller must not write. */
export class LeaseLostError extends Error {
  constructor() {
    super('the lease was lost')
    this.name = 'LeaseLostError'
  }
}
