import type { Logger } from 'pino'
import type { Db } from '../../database/connect.ts'
import { describe } from '../../database/errors.ts'
import { type Loop, startLoop, type YieldPolicy } from '../../jobs/loop.ts'
import {
  countAttempts,
  countEvents,
  countedEventsPerStep,
  hasUncounted,
  sumDays,
} from './count.sql.ts'

/** Plots may be this far behind: in exchange a busy server counts in large steps. */
const idleMs = 2_000
/** Attempts are counted once a minute, which is how long they take to be sure. */
const attemptsEveryMs = 60_000
/** Seldom: it only matters after a deploy. */
const daysEveryMs = 3_600_000

/** Keeps the sums of the dashboard's plots up to date. */
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
  // At the start the migration has just summed them up, or servers like this one have.
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
    onError: (error) => log.error({ err: describe(error) }, 'counting for the plots is held up'),
    yieldPolicy,
  })
}
