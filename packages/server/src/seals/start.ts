import type { Logger } from 'pino'
import type { Db } from '../database/db.ts'
import { describe } from '../database/errors.ts'
import { type Loop, startLoop, type YieldPolicy } from '../jobs/loop.ts'
import { isSealDue, sealNext, sealSteps } from './seal.ts'

/**
 * The longest time until an event of a quiet deployment is sealed. More often would write a row for every
 * few events; a change before the seal is not found by the chain.
 */
const sealEverySeconds = 300
/** How often an idle process checks for events to seal, in milliseconds. It reads two rows. */
const idleMs = 5_000

/** Starts the worker that seals events and ledger transfers. */
export function startSealing(options: { db: Db; log: Logger; yieldPolicy: YieldPolicy }): Loop {
  const { db, log, yieldPolicy } = options
  const steps = sealSteps()
  return startLoop({
    turn: async () => (await isSealDue(db, sealEverySeconds)) && (await sealNext(db, steps)) > 0,
    idleMs,
    onError: (error) => log.error({ err: describe(error) }, 'seal worker failed'),
    yieldPolicy,
  })
}
