import type { Logger } from 'pino'
import { stepCancellations } from '../cancellations/worker.ts'
import type { Database } from '../database/connect.ts'
import { describe } from '../http/failures.ts'
import { type Loop, startLoop } from './loop.ts'

/** How often a process looks for work that another one has left, in milliseconds. */
const idleMs = 500

/** Starts everything that happens in the background of this process. */
export function startWorkers(database: Database, log: Logger): Loop {
  const cancellations = startLoop({
    turn: () => stepCancellations(database.db),
    idleMs,
    onError: (error) => log.error({ err: describe(error) }, 'a bulk cancellation is held up'),
  })
  return cancellations
}
