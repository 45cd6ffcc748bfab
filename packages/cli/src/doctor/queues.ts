import type { Database } from '@hedgepayments/server/admin'
import { countOf } from '../output/format.ts'
import type { Check } from './check.ts'

type Pool = Database['pool']

/** Workers poll every few seconds, so a task that is later than this is stuck. */
const lateSeconds = { warn: 60, fail: 900 }

/** The maximum count, so that counting does not burden the database. */
const countMax = 100_000

/** The checks of the queues: the number of late rows and the age of the oldest. */
export const queues: readonly ((pool: Pool) => Promise<Check>)[] = [
  checkTasks,
  checkDeliveries,
  checkCancellations,
]

/** Due payment tasks that no worker has run. */
async function checkTasks(pool: Pool): Promise<Check> {
  const late = await oldest(
    pool,
    `select due_at as since from payment_tasks where due_at < now() order by due_at limit ${countMax}`,
  )
  return judge('tasks', late, { noun: 'overdue payment task', none: 'none overdue' })
}

/** Due webhook deliveries that no worker has sent. A scheduled retry is not late. */
async function checkDeliveries(pool: Pool): Promise<Check> {
  const late = await oldest(
    pool,
    `select due_at as since from webhook_deliveries
     where status = 'pending' and due_at < now() limit ${countMax}`,
  )
  return judge('webhooks', late, { noun: 'unsent webhook', none: 'none unsent' })
}

/** Bulk cancellations that have not ended and are not paused. */
async function checkCancellations(pool: Pool): Promise<Check> {
  const open = await oldest(
    pool,
    `select updated_at as since from cancellations where status in ('pending', 'running')`,
  )
  return judge('cancellations', open, { noun: 'open run', none: 'none open' })
}

interface Waiting {
  readonly count: number
  readonly seconds: number
}

async function oldest(pool: Pool, waiting: string): Promise<Waiting> {
  const { rows } = await pool.query<Waiting>(
    `select count(*)::integer as count,
       coalesce(extract(epoch from now() - min(since)), 0)::float8 as seconds
     from (${waiting}) as waiting`,
  )
  return rows[0] ?? { count: 0, seconds: 0 }
}

function judge(
  name: string,
  { count, seconds }: Waiting,
  texts: { noun: string; none: string },
): Check {
  if (count === 0) return { name, status: 'ok', message: texts.none }
  const message = `${countOf(count, texts.noun)}, the oldest for ${duration(seconds)}`
  if (seconds > lateSeconds.fail) return { name, status: 'fail', message }
  return { name, status: seconds > lateSeconds.warn ? 'warn' : 'ok', message }
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}
