import type { Logger } from 'pino'
import type { Db } from '../database/db.ts'
import { describe } from '../database/errors.ts'
import { type Loop, startLoop, type YieldPolicy } from '../jobs/loop.ts'
import { createCancellationWorker } from './run/worker.ts'

/** How often an idle process checks for cancellations, for example of a process that has died. */
const idleMs = 500

/** Starts the background work of bulk cancellations. */
export function startCancellations(options: {
  db: Db
  log: Logger
  yieldPolicy?: YieldPolicy
}): Loop {
  const { db, log, yieldPolicy } = options
  const worker = createCancellationWorker(db, log)
  return startLoop({
    turn: () => worker.step(),
    idleMs,
    onError: (error) => log.error({ err: describe(error) }, 'bulk cancellation worker failed'),
    yieldPolicy,
  })
}
