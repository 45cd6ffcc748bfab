import { madeAtMs } from '../../domain/ids.ts'
import { type Check, duration, fail, ok, type Problem, warn } from './check.ts'
import { findNewestPayment, readClock } from './clock.sql.ts'
import type { Examined } from './examined.ts'

/** Clocks that are synchronized differ by milliseconds. Answers contain whole seconds. */
const apartSeconds = { warn: 2, fail: 60 }

/** Compares the clock of the database with that of this machine. */
export async function checkClock({ database }: Examined): Promise<Check> {
  const startedMs = Date.now()
  const databaseMs = await readClock(database.pool)
  const endedMs = Date.now()
  // The answer was written between the two, so the clocks differ by so much at least.
  const aheadMs = Math.max(0, databaseMs - endedMs) - Math.max(0, startedMs - databaseMs)
  const seconds = Math.abs(aheadMs) / 1_000
  const direction = aheadMs > 0 ? 'ahead of' : 'behind'
  if (seconds < 1) return ok('database_clock', 'agrees with this machine')
  return judge('database_clock', seconds, {
    found: `${duration(seconds)} ${direction} this machine`,
    expected: 'clocks that agree: undo windows and keys would end too early or too late',
    action: 'synchronize the clocks of both machines (NTP)',
  })
}

/** Checks that no payment has an id from the future, as after a clock that was wrong. */
export async function checkIds({ database }: Examined): Promise<Check> {
  const newest = await findNewestPayment(database.pool)
  if (newest === null) return ok('ids', 'no payments yet')
  const seconds = (madeAtMs(newest) - (await readClock(database.pool))) / 1_000
  if (seconds < 1) return ok('ids', 'none in the future')
  return judge('ids', seconds, {
    found: `${newest} was made ${duration(seconds)} in the future`,
    expected: "ids that are not later than the database's clock",
    action:
      'synchronize the clock of PostgreSQL. Until it has reached that time, new payments of the ' +
      'merchant continue after this id, so lists stay in order',
  })
}

function judge(name: string, seconds: number, problem: Problem): Check {
  if (seconds > apartSeconds.fail) return fail(name, problem)
  return seconds > apartSeconds.warn ? warn(name, problem) : ok(name, problem.found)
}
