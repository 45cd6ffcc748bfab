import { sql } from 'kysely'
import { dropOldEntries } from '../audit/audit.sql.ts'
import { deleteOldItems } from '../cancellations/retention.sql.ts'
import { dropEndedSessions } from '../dashboard/sessions/retention.sql.ts'
import type { Db, Tx } from '../database/db.ts'
import { statusesBefore } from '../domain/lifecycle.ts'
import { dropOldCounts } from '../http/limits/rate-limit.sql.ts'
import { dropOldRecords } from '../idempotency/retention.ts'
import { type Retry, runLocked } from '../jobs/steps.ts'
import { deleteOldDeliveries } from '../webhooks/deliveries/retention.sql.ts'

/** Pause before a kind is checked again. So an old row is deleted at most this long after its time. */
const everySeconds = 3_600

/** Deletes some old rows. Returns where the next step continues; `null`: no old rows are left. */
type Step = (tx: Tx, reached: unknown) => Promise<unknown>

const next = (hasMore: boolean) => (hasMore ? 'more' : null)

/**
 * The kinds of rows that are deleted, each in small transactions. Payments, refunds, the ledger, calls
 * to processors and events are never deleted: they are the record of the money. Timelines and webhook
 * replays need the events.
 */
const steps: Readonly<Record<string, Step>> = {
  idempotency_records: (tx, reached) =>
    dropOldRecords(tx, {
      reached: reached as Awaited<ReturnType<typeof dropOldRecords>>,
      openStatuses: statusesBefore('canceled'),
    }),
  webhook_deliveries: async (tx) => next(await deleteOldDeliveries(tx, await databaseTimeMs(tx))),
  cancellation_items: async (tx) => next(await deleteOldItems(tx)),
  rate_counts: async (tx) => next(await dropOldCounts(tx)),
  audit_log: async (tx) => next(await dropOldEntries(tx)),
  dashboard_sessions: async (tx) => next(await dropEndedSessions(tx)),
}

/** The database's clock decides what is old: a server whose clock is ahead must not delete too much. */
async function databaseTimeMs(tx: Tx): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from now()) * 1000)::double precision as ms`.execute(tx)
  if (!rows[0]) throw new Error('the database returned no time')
  return rows[0].ms
}

/**
 * Runs one step of the kind that has been due the longest. One process at a time works on a kind. A
 * step that fails is reported, and retried after a pause, so that the other kinds go on.
 *
 * @returns whether a kind was due.
 * @throws when the database is unavailable.
 */
export async function stepRetention(db: Db, onError: (error: unknown) => void): Promise<boolean> {
  return await runLocked<Tx, RetentionTask>({
    transaction: (work) => db.transaction().execute(work),
    lockNext: lockNextTask,
    run: async (tx, { kind, reached }) => {
      const step = steps[kind]
      if (!step) throw new Error(`no step of retention deletes ${kind}`)
      await saveProgress(tx, { kind, reached: await step(tx, reached) })
    },
    postpone: (task, retry) => postponeTask(db, task, retry),
    onError,
  })
}

interface RetentionTask {
  readonly kind: string
  readonly reached: unknown
  readonly failures: number
}

async function lockNextTask(tx: Tx): Promise<RetentionTask | undefined> {
  const { rows } = await sql<RetentionTask>`
    select kind, reached, failures from retention_tasks
    where due_at <= now() and kind = any(${Object.keys(steps)}::text[])
    order by due_at, kind limit 1 for update skip locked`.execute(tx)
  return rows[0]
}

async function saveProgress(
  tx: Tx,
  { kind, reached }: { kind: string; reached: unknown },
): Promise<void> {
  await sql`
    update retention_tasks set reached = ${JSON.stringify(reached)}::jsonb, failures = 0,
      due_at = case when ${reached === null} then now() + make_interval(secs => ${everySeconds})
        else now() end
    where kind = ${kind}`.execute(tx)
}

/** Postpones a task whose step failed, unless its progress has changed meanwhile. */
async function postponeTask(db: Db, task: RetentionTask, retry: Retry): Promise<void> {
  await sql`
    update retention_tasks
    set failures = ${retry.failures},
      due_at = now() + make_interval(secs => ${retry.pauseSeconds})
    where kind = ${task.kind} and failures = ${task.failures} and due_at <= now()
      and coalesce(reached, 'null') = ${JSON.stringify(task.reached)}::jsonb`.execute(db)
}
