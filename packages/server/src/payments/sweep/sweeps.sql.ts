import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { isServedHere } from '../../jobs/lease.sql.ts'
import type { FoundDispute, FoundRefund } from '../../processors/interface/processor.ts'
import type { SweepSubject } from '../tasks/register-sweeps.sql.ts'

/** A regular search of an account at its processor. */
export interface Sweep {
  merchant_id: string
  livemode: boolean
  processor: string
  subject: SweepSubject
  /** What was made before this time was found. */
  since: Timestamp
  /** How often this search was begun since the last one that has ended: 1 for the first time. */
  tries: number
  /** When this search began, by the database's clock. */
  began_at: Timestamp
}

/** Searches that other processes may claim between a read and a claim. */
const triesMax = 10

/**
 * Claims the search that has been due the longest, by making it due again after its lease. A process that
 * dies does not move `since`, so the next search covers the same time.
 */
export async function claimSweep(
  db: Db,
  { leaseSeconds }: { leaseSeconds: number },
): Promise<Sweep | undefined> {
  // Found without a lock and claimed by itself, so that it may be on any node. Others that another process
  // claims meanwhile are not due any more.
  const { rows: due } = await sql<Omit<Sweep, 'since' | 'tries' | 'began_at'>>`
    select merchant_id, livemode, processor, subject from processor_sweeps
    where due_at <= now() and ${isServedHere('processor_sweeps')} order by due_at limit ${triesMax}`.execute(
    db,
  )
  for (const key of due) {
    const { rows } = await sql<Sweep>`
      with claimed as (
        update processor_sweeps s
        set due_at = now() + make_interval(secs => ${leaseSeconds}), tries = s.tries + 1
        where s.merchant_id = ${key.merchant_id} and s.livemode = ${key.livemode}
          and s.processor = ${key.processor} and s.subject = ${key.subject} and s.due_at <= now()
        returning s.merchant_id, s.livemode, s.processor, s.subject, s.since, s.tries
      )
      select *, date_trunc('second', now()) as began_at from claimed`.execute(db)
    if (rows[0]) return rows[0]
  }
  return undefined
}

/**
 * Records that a search has found everything before `until`. If that is before its start, the next one is
 * due at once.
 */
export async function finishSweep(
  db: Db,
  sweep: Sweep,
  { until, everySeconds }: { until: Timestamp; everySeconds: number },
): Promise<void> {
  const pauseSeconds = until < sweep.began_at ? 0 : everySeconds
  await sql`
    update processor_sweeps set since = greatest(since, ${until}::timestamptz), tries = 0,
      due_at = date_trunc('second', now()) + make_interval(secs => ${pauseSeconds})
    where merchant_id = ${sweep.merchant_id} and livemode = ${sweep.livemode}
      and processor = ${sweep.processor} and subject = ${sweep.subject}`.execute(db)
}

/** What a search of an account has found. */
interface FoundBy<Found> {
  readonly account: Account
  readonly processor: string
  readonly found: readonly Found[]
}

/** The payments of the account with a dispute that is not recorded yet. */
export async function findUnrecordedDisputes(
  db: Db,
  { account, processor, found }: FoundBy<FoundDispute>,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct p.id
    from unnest(${found.map(({ paymentId }) => paymentId)}::text[],
        ${found.map(({ reference }) => reference)}::text[]) as f (payment_id, reference)
      cross join lateral (
        select p.merchant_id, p.livemode, p.id from payments p
        where p.merchant_id = ${account.merchantId} and p.livemode = ${account.livemode}
          and p.id = f.payment_id and p.processor = ${processor}
        limit 1
      ) p
    where not exists (
      select from disputes d where d.merchant_id = p.merchant_id and d.livemode = p.livemode
        and d.payment_id = p.id and d.processor_reference = f.reference)`.execute(db)
  return rows.map(({ id }) => id)
}

/**
 * The payments of the account with a refund that is not recorded yet, or whose result is not. Refunds of
 * late captures are events and no rows, so a look-up compares them. Those that this server has made are
 * known, unless they have failed.
 */
export async function findUnrecordedRefunds(
  db: Db,
  { account, processor, found }: FoundBy<FoundRefund>,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct p.id
    from unnest(${found.map(({ paymentId }) => paymentId)}::text[],
        ${found.map(({ reference }) => reference)}::text[],
        ${found.map(({ refundId }) => refundId)}::text[],
        ${found.map(({ status }) => status)}::text[]) as f (payment_id, reference, refund_id, status)
      cross join lateral (
        select p.merchant_id, p.livemode, p.id, p.captured_amount from payments p
        where p.merchant_id = ${account.merchantId} and p.livemode = ${account.livemode}
          and p.id = f.payment_id and p.processor = ${processor}
        limit 1
      ) p
      left join lateral (
        select r.status from refunds r
        where r.merchant_id = p.merchant_id and r.livemode = p.livemode and r.payment_id = p.id
          and r.processor_reference = f.reference
        limit 1
      ) r on true
    where case
      when p.captured_amount = 0 then f.refund_id is distinct from p.id or f.status = 'failed'
      when r.status is null then f.status <> 'failed'
      when r.status = 'pending' then f.status <> 'pending'
      else r.status = 'succeeded' and f.status = 'failed'
    end`.execute(db)
  return rows.map(({ id }) => id)
}
