import type { Logger } from 'pino'
import type { Db } from '../../database/db.ts'
import { describe } from '../../database/errors.ts'
import { type Loop, startLoop } from '../../jobs/loop.ts'
import { stepCheckout } from './worker.ts'

/** How often an idle process checks for due sessions, for example of a process that has died. */
const idleMs = 500

/** Starts the background work of checkout sessions. */
export function startCheckout({ db, log }: { db: Db; log: Logger }): Loop {
  const onError = (error: unknown) => log.error({ err: describe(error) }, 'checkout worker failed')
  return startLoop({ turn: () => stepCheckout(db, onError), idleMs, onError })
}
