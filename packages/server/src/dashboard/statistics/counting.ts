import type { Logger } from 'pino'
import type { Db } from '../../database/db.ts'
import { describe } from '../../database/errors.ts'
import { type Loop, startLoop, type YieldPolicy } from '../../jobs/loop.ts'
import {
  countAttempts,
  countEvents,
  countedEventsPerStep,
  hasUncounted,
  sumDays,
} from './count.sql.ts'

/** The delay of the plots. It lets a busy server count in large steps. */
const idleMs = 2_000
/** Attempts are counted once a minute, because no older one can appear after that time. */
const attemptsEveryMs = 60_000
/** Rarely, because it matters only after a deployment. */
const daysEveryMs = 3_600_000

/** Starts the worker that counts for the dashboard's plots. */
export function startCounting({
  db,
  log,
  yieldPolicy,
}: {
  db: Db
  log: Logger
  yieldPolicy: YieldPolicy
}): Loop {
  let attemptsCountedAtMs = 0
  // At the start the sums are current: the migration or other servers have computed them.
  let daysSummedAtMs = Date.now()
  return startLoop({
    turn: async () => {
      const nowMs = Date.now()
      if (nowMs - attemptsCountedAtMs >= attemptsEveryMs) {
        await countAttempts(db)
        attemptsCountedAtMs = nowMs
      }
      if (nowMs - daysSummedAtMs >= daysEveryMs) {
        await sumDays(db)
        daysSummedAtMs = nowMs
      }
      return (await hasUncounted(db)) && (await countEvents(db)) === countedEventsPerStep
    },
    idleMs,
    onError: (error) => log.error({ err: describe(error) }, 'statistics worker failed'),
    yieldPolicy,
  })
}
