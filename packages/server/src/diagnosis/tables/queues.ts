import { type Check, countOf, duration, fail, ok, type Problem, warn } from '../engine/check.ts'
import type { Examined } from '../engine/examined.ts'
import {
  findLateDeliveries,
  findLateTasks,
  findOpenCancellations,
  type Waiting,
} from './queues.sql.ts'

/** Workers poll every few seconds, so a task that is later than this is stuck. */
const lateSeconds = { warn: 60, fail: 900 }

/** Checks that workers run the tasks of payments. */
export async function checkTasks({ database }: Examined): Promise<Check> {
  const texts = { noun: 'overdue payment task', none: 'none overdue' }
  return judge('tasks', await findLateTasks(database.pool), texts)
}

/** Checks that workers send webhooks. */
export async function checkDeliveries({ database }: Examined): Promise<Check> {
  const texts = { noun: 'unsent webhook', none: 'none unsent' }
  return judge('webhooks', await findLateDeliveries(database.pool), texts)
}

/** Checks that bulk cancellations end. */
export async function checkCancellations({ database }: Examined): Promise<Check> {
  const texts = { noun: 'open run', none: 'none open' }
  return judge('cancellations', await findOpenCancellations(database.pool), texts)
}

function judge(
  name: string,
  { count, seconds }: Waiting,
  texts: { noun: string; none: string },
): Check {
  if (count === 0) return ok(name, texts.none)
  const problem: Problem = {
    found: `${countOf(count, texts.noun)}, the oldest for ${duration(seconds)}`,
    expected: `none for more than ${duration(lateSeconds.warn)}`,
    action: 'start a server, and read its log: the processor or the database may be down',
  }
  if (seconds > lateSeconds.fail) return fail(name, problem)
  return seconds > lateSeconds.warn ? warn(name, problem) : ok(name, problem.found)
}
