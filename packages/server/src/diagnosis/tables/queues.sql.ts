import { servedHere } from '../../jobs/lease.sql.ts'
import type { Runner } from '../engine/settings.sql.ts'

/** Late rows of a queue, and the age of the oldest. */
export interface Waiting {
  readonly count: number
  readonly seconds: number
}

/** The maximum count, so that counting does not burden the database. */
const countMax = 100_000

/** Due payment tasks that no worker has run. */
export const findLateTasks = (runner: Runner) =>
  oldest(
    runner,
    `select due_at as since from payment_tasks where due_at < now() and ${servedHere}
     order by due_at limit ${countMax}`,
  )

/** Due webhook deliveries that no worker has sent. A scheduled retry is not late. */
export const findLateDeliveries = (runner: Runner) =>
  oldest(
    runner,
    `select due_at as since from webhook_deliveries
     where status = 'pending' and due_at < now() and ${servedHere} limit ${countMax}`,
  )

/** Bulk cancellations that have not ended and are not paused. */
export const findOpenCancellations = (runner: Runner) =>
  oldest(
    runner,
    `select updated_at as since from cancellations
     where status in ('pending', 'running') and ${servedHere}`,
  )

async function oldest(runner: Runner, waiting: string): Promise<Waiting> {
  const { rows } = await runner.query<Waiting>(
    `select count(*)::integer as count,
       coalesce(extract(epoch from now() - min(since)), 0)::float8 as seconds
     from (${waiting}) as waiting`,
  )
  return rows[0] ?? { count: 0, seconds: 0 }
}
