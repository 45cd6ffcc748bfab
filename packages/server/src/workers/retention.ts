import { type Kysely, sql } from 'kysely'
import { dropOldEntries } from '../audit/audit.sql.ts'
import { dropOldItems } from '../cancellations/retention.sql.ts'
import { dropEndedSessions } from '../dashboard/retention.sql.ts'
import type { Db } from '../database/connect.ts'
import type { Schema } from '../database/schema.ts'
import { dropOldCounts } from '../http/rate-limit.sql.ts'
import { dropOldRecords } from '../idempotency/retention.ts'
import { statusesBefore } from '../payments/lifecycle.ts'
import { dropOldDeliveries } from '../webhooks/retention.sql.ts'

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
  webhook_deliveries: async (tx) => andOn(await dropOldDeliveries(tx, Date.now())),
  cancellation_items: async (tx) => andOn(await dropOldItems(tx)),
  rate_counts: async (tx) => andOn(await dropOldCounts(tx)),
  audit_log: async (tx) => andOn(await dropOldEntries(tx)),
  dashboard_sessions: async (tx) => andOn(await dropEndedSessions(tx)),
}

/**
 * Drops some of what is old. Each kind is one process's at a time: its row is locked, and others
 * pass it over. A crash undoes the step, and the next one repeats it.
 *
 * @returns whether there is more to be looked at now.
 */
export async function stepRetention(db: Db): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ kind: string; reached: unknown }>`
      select kind, reached from retention_tasks
      where due_at <= now() and kind = any(${Object.keys(steps)}::text[])
      order by due_at, kind limit 1 for update skip locked`.execute(tx)
    const task = rows[0]
    const step = task && steps[task.kind]
    if (!task || !step) return false
    const reached = await step(tx, task.reached)
    await sql`
      update retention_tasks set reached = ${JSON.stringify(reached)}::jsonb,
        due_at = case when ${reached === null} then now() + make_interval(secs => ${everySeconds})
          else now() end
      where kind = ${task.kind}`.execute(tx)
    return true
  })
}
