import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { Account } from '../domain/account.ts'
import type { Timestamp } from '../domain/time.ts'

/** A regular search for new disputes of an account at its processor. */
export interface DisputeSweep {
  merchant_id: string
  livemode: boolean
  processor: string
  /** Disputes before this time were found. */
  since: Timestamp
  /** When this search began, by the database's clock. */
  began_at: Timestamp
}

/** Registers an account for searches, unless it is registered. The first one finds what a day missed. */
export async function registerSweep(
  db: Db,
  { account, processor }: { account: Account; processor: string },
): Promise<void> {
  await sql`
    insert into dispute_sweeps (merchant_id, livemode, processor, since, due_at)
    values (${account.merchantId}, ${account.livemode}, ${processor}, now() - interval '1 day', now())
    on conflict do nothing`.execute(db)
}

/**
 * Claims the search that has been due the longest, by making it due again later. A process that dies
 * does not move `since`, so the next search covers the same time.
 */
export async function claimSweep(
  db: Db,
  { everySeconds }: { everySeconds: number },
): Promise<DisputeSweep | undefined> {
  const { rows } = await sql<DisputeSweep>`
    with due as materialized (
      select merchant_id, livemode, processor from dispute_sweeps
      where due_at <= now() order by due_at limit 1 for update skip locked
    )
    update dispute_sweeps s set due_at = now() + make_interval(secs => ${everySeconds})
    from due
    where s.merchant_id = due.merchant_id and s.livemode = due.livemode
      and s.processor = due.processor
    returning s.merchant_id, s.livemode, s.processor, s.since,
      date_trunc('second', now()) as began_at`.execute(db)
  return rows[0]
}

/** Records that a search has found all disputes before its start. */
export async function finishSweep(db: Db, sweep: DisputeSweep): Promise<void> {
  await sql`
    update dispute_sweeps set since = greatest(since, ${sweep.began_at}::timestamptz)
    where merchant_id = ${sweep.merchant_id} and livemode = ${sweep.livemode}
      and processor = ${sweep.processor}`.execute(db)
}

/** The payments of these disputes that are the account's, and whose dispute is not recorded yet. */
export async function findUnrecorded(
  db: Db,
  {
    account,
    processor,
    found,
  }: {
    account: Account
    processor: string
    found: readonly { readonly paymentId: string; readonly reference: string }[]
  },
): Promise<{ merchant_id: string; livemode: boolean; id: string }[]> {
  const { rows } = await sql<{ merchant_id: string; livemode: boolean; id: string }>`
    select distinct p.merchant_id, p.livemode, p.id
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
  return rows
}
