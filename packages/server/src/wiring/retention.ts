import { type Kysely, sql } from 'kysely'
import { dropOldEntries } from '../audit/audit.sql.ts'
import { dropOldItems } from '../cancellations/retention.sql.ts'
import { dropEndedSessions } from '../dashboard/sessions/retention.sql.ts'
import type { Db } from '../database/connect.ts'
import { isOwnFailure } from '../database/errors.ts'
import type { Schema } from '../database/schema.ts'
import { statusesBefore } from '../domain/lifecycle.ts'
import { dropOldCounts } from '../http/limits/rate-limit.sql.ts'
import { dropOldRecords } from '../idempotency/retention.ts'
import { retrySeconds } from '../jobs/backoff.ts'
import { dropOldDeliveries } from '../webhooks/deliveries/retention.sql.ts'

/** How long what is dropped at the latest outlives its time, where the steps keep up. */
const everySeconds = 3_600

/** One step of a kind: where the next one goes on, `null` where there is nothing more to drop. */
type Step = (tx: Kysely<Schema>, reached: unknown) => Promise<unknown>

const andOn = (more: boolean) => (more ? 'more' : null)

/**
 * What is dropped, in small transactions of their own. What is kept for ever, because it says what
 * became of money: payments, refunds, the ledger, calls to processors, and events, of which
 * timelines, replays and the answers to replayed requests are made.
 */
const steps: Readonly<Record<string, Step>> = {
  idempotency_records: (tx, reached) =>
    dropOldRecords(tx, {
      reached: reached as Awaited<ReturnType<typeof dropOldRecords>>,
      openStatuses: statusesBefore('canceled'),
    }),
  webhook_deliveries: async (tx) => andOn(await dropOldDeliveries(tx, await databaseTimeMs(tx))),
  cancellation_items: async (tx) => andOn(await dropOldItems(tx)),
  rate_counts: async (tx) => andOn(await dropOldCounts(tx)),
  audit_log: async (tx) => andOn(await dropOldEntries(tx)),
  dashboard_sessions: async (tx) => andOn(await dropEndedSessions(tx)),
}

/** Old is what the database's clock says: a server whose clock is ahead must not drop too much. */
async function databaseTimeMs(tx: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from now()) * 1000)::double precision as ms`.execute(tx)
  if (!rows[0]) throw new Error('the database did not say what time it is')
  return rows[0].ms
}

/**
 * Drops some of what is old. Each kind is one process's at a time: its row is locked, and others
 * skip it. A crash undoes the step, and the next one repeats it. A step that fails is thrown, and
 * tried again later: until then the other kinds go on.
 *
 * @returns whether there is more to be looked at now.
 */
export async function stepRetention(db: Db): Promise<boolean> {
  let taken: RetentionTask | undefined
  try {
    return await db.transaction().execute(async (tx) => {
      taken = await lockNextTask(tx)
      const step = taken && steps[taken.kind]
      if (!taken || !step) return false
      const reached = await step(tx, taken.reached)
      await sql`
        update retention_tasks set reached = ${JSON.stringify(reached)}::jsonb, failures = 0,
          due_at = case when ${reached === null} then now() + make_interval(secs => ${everySeconds})
            else now() end
        where kind = ${taken.kind}`.execute(tx)
      return true
    })
  } catch (error) {
    if (taken && isOwnFailure(error)) await recordFailure(db, taken)
    throw error
  }
}

interface RetentionTask {
  readonly kind: string
  readonly reached: unknown
  readonly failures: number
}

async function lockNextTask(tx: Kysely<Schema>): Promise<RetentionTask | undefined> {
  const { rows } = await sql<RetentionTask>`
    select kind, reached, failures from retention_tasks
    where due_at <= now() and kind = any(${Object.keys(steps)}::text[])
    order by due_at, kind limit 1 for update skip locked`.execute(tx)
  return rows[0]
}

async function recordFailure(db: Db, task: RetentionTask): Promise<void> {
  await sql`
    update retention_tasks
    set failures = ${task.failures + 1},
      due_at = now() + make_interval(secs => ${retrySeconds(task.failures + 1)})
    where kind = ${task.kind} and failures = ${task.failures} and due_at <= now()`.execute(db)
}
