import { ScanningLimiter } from '../../jobs/scanning-limiter.ts'
import type { TaskShares } from '../tasks/claim-tasks.sql.ts'

/** Concurrent calls to processors of one process. The calls wait more than they compute. */
const callsMax = 20
/** Calls of one account, so that a processor that is slow for one merchant does not block the others. */
const perAccountMax = 8
/** Calls of test mode, so that live mode can always make as many calls as one account may. */
const testMax = callsMax - perAccountMax

/** Limits concurrent calls to processors: in total, per merchant and mode, and for test mode. */
export class CallLimiter extends ScanningLimiter {
  constructor() {
    super({ totalMax: callsMax, testMax, perAccountMax })
  }

  /** The limits of the next claim. */
  get shares(): TaskShares {
    return { perAccountMax, testAvailable: this.testAvailable, running: this.usage }
  }
}
