import type { CancellationOutcome, PaymentFilter } from '@hedgepayments/contract'
import { type Kysely, sql } from 'kysely'
import type { CancellationRow, PaymentRow, Schema } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { Timestamp } from '../domain/time.ts'
import { type FencedPage, pageOf } from '../http/request/pagination.ts'
import { matches } from '../payments/view/payments.sql.ts'

type Db = Kysely<Schema>

export async function insertCancellation(db: Db, row: CancellationRow): Promise<void> {
  await db
    .insertInto('cancellations')
    .values({
      ...row,
      filter: row.filter && (JSON.stringify(row.filter) as unknown as PaymentFilter),
    })
    .execute()
}

/**
 * Whether the merchant has fewer than `max` open cancellations in this mode. Locks the merchant's row until
 * the transaction ends, so that two requests at once do not both find room. A paused cancellation
 * is not open: it is counted again when it is resumed.
 */
export async function hasRoomForCancellation(
  tx: Db,
  { account, max }: { account: Account; max: number },
): Promise<boolean> {
  await sql`select from merchants where id = ${account.merchantId} for no key update`.execute(tx)
  // The partial index holds open cancellations only, so this reads none of those that are done.
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from cancellations
    where status in ('pending', 'running')
      and merchant_id = ${account.merchantId} and livemode = ${account.livemode}`.execute(tx)
  return (rows[0]?.count ?? 0) < max
}

export async function insertItems(
  db: Db,
  { cancellationId, paymentIds }: { cancellationId: string; paymentIds: readonly string[] },
): Promise<void> {
  await sql`
    insert into cancellation_items (cancellation_id, payment_id)
    select ${cancellationId}, id from unnest(${paymentIds}::text[]) as id`.execute(db)
}

export async function findCancellation(
  db: Db,
  { account, id }: { account: Account; id: string },
): Promise<CancellationRow | undefined> {
  return await db
    .selectFrom('cancellations')
    .selectAll()
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
    .where('id', '=', id)
    .executeTakeFirst()
}

export async function listCancellations(
  db: Db,
  { account, page }: { account: Account; page: FencedPage },
) {
  const query = db
    .selectFrom('cancellations')
    .selectAll()
    .where('merchant_id', '=', account.merchantId)
    .where('livemode', '=', account.livemode)
  return await pageOf(query, 'id', page)
}

/** Sets a status where the cancellation is in one of some others; waits for its running chunk. */
export async function setStatus(
  db: Db,
  change: {
    account: Account
    id: string
    from: readonly CancellationRow['status'][]
    to: 'paused' | 'running'
    now: Timestamp
  },
): Promise<boolean> {
  const { rows } = await sql`
    update cancellations
    set status = ${change.to}, updated_at = greatest(updated_at, ${change.now}::timestamptz),
      failures = 0, retry_at = null
    where merchant_id = ${change.account.merchantId} and livemode = ${change.account.livemode}
      and id = ${change.id} and status = any(${change.from}::text[])
    returning 1`.execute(db)
  return rows.length > 0
}

/** How many payments a filter matches, by status. */
export async function countByFilter(
  db: Db,
  { account, filter }: { account: Account; filter: PaymentFilter },
): Promise<{ status: PaymentRow['status']; count: number }[]> {
  const { rows } = await sql<{ status: PaymentRow['status']; count: number }>`
    select status, count(*)::integer as count from payments
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and ${matches(filter)}
    group by status`.execute(db)
  return rows
}

/** How many of some ids there are, by status. */
export async function countByIds(
  db: Db,
  { account, ids }: { account: Account; ids: readonly string[] },
): Promise<{ status: PaymentRow['status']; count: number }[]> {
  const { rows } = await sql<{ status: PaymentRow['status']; count: number }>`
    select status, count(*)::integer as count from payments
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and id = any(${ids}::text[])
    group by status`.execute(db)
  return rows
}

/**
 * Locks the open cancellation that has waited longest, until the transaction ends; one that another
 * process has locked is skipped, and so is one that waits after a failure. The lock is the lease: when
 * a process stands still, the database ends its transaction and undoes the whole step.
 */
export async function lockNextCancellation(tx: Db): Promise<CancellationRow | undefined> {
  const { rows } = await sql<CancellationRow>`
    select * from cancellations
    where status in ('pending', 'running') and (retry_at is null or retry_at <= now())
    order by updated_at, id limit 1
    for update skip locked`.execute(tx)
  return rows[0]
}

/**
 * Adds the next payments that match the filter to the items, of those whose id is higher than
 * `after` and, unless it is `null`, lower than `before`. `null`: there are no more.
 */
export async function selectItems(
  tx: Db,
  { row, after, before, limit }: ItemSelection,
): Promise<{ count: number; through: string } | null> {
  const { rows } = await sql<{ count: number; through: string | null }>`
    with selected as (
      insert into cancellation_items (cancellation_id, payment_id)
      select ${row.id}, id from payments
      where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
        and id > ${after} ${before === null ? sql`` : sql`and id < ${before}`}
        and ${matches(row.filter ?? {})}
      order by id limit ${limit}
      returning payment_id
    )
    select count(*)::integer as count, max(payment_id) as through from selected`.execute(tx)
  const chunk = rows[0]
  return chunk && chunk.through !== null ? { count: chunk.count, through: chunk.through } : null
}

interface ItemSelection {
  readonly row: CancellationRow
  readonly after: string
  readonly before: string | null
  readonly limit: number
}

/** Puts a cancellation off whose step has failed once more: it must not delay the others. */
export async function recordFailure(
  db: Db,
  { row, pauseSeconds }: { row: CancellationRow; pauseSeconds: number },
): Promise<void> {
  await sql`
    update cancellations
    set failures = ${row.failures + 1}, retry_at = now() + make_interval(secs => ${pauseSeconds})
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode} and id = ${row.id}
      and status in ('pending', 'running') and ${isAt(row)}`.execute(db)
}

/** Whether a cancellation is where it was when `row` was read: every step moves it. */
function isAt(row: CancellationRow) {
  return sql`selected_through = ${row.selected_through} and selected = ${row.selected}
    and processed_through = ${row.processed_through}`
}

/**
 * Writes how far a cancellation is after the step that began at `seen`.
 *
 * @throws where another step has moved it since: this step has to be undone with its transaction.
 */
export async function saveProgress(
  tx: Db,
  { seen, row }: { seen: CancellationRow; row: CancellationRow },
): Promise<void> {
  const { rows } = await sql`
    update cancellations
    set status = ${row.status}, selected = ${row.selected},
      selected_through = ${row.selected_through}, processed_through = ${row.processed_through},
      total = ${row.total}, processed = ${row.processed}, canceled = ${row.canceled},
      refused = ${row.refused}, not_found = ${row.not_found}, failures = 0, retry_at = null,
      updated_at = ${row.updated_at}::timestamptz,
      completed_at = ${row.completed_at}::timestamptz
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and id = ${row.id} and status in ('pending', 'running') and ${isAt(seen)}
    returning id`.execute(tx)
  if (rows.length === 0) throw new Error('another step of this cancellation came in between')
}

/** Whether a payment is an item of a cancellation. */
export async function hasItem(
  db: Db,
  { row, paymentId }: { row: CancellationRow; paymentId: string },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from cancellation_items
    where cancellation_id = ${row.id} and payment_id = ${paymentId}`.execute(db)
  return rows.length > 0
}

export interface ResultRow {
  payment_id: string
  outcome: CancellationOutcome
  current_status: PaymentRow['status'] | null
}

/** Results of what was processed, in the order of the payments' ids. */
export async function listResults(
  db: Db,
  request: {
    row: CancellationRow
    after: string
    outcome: CancellationOutcome | null
    limit: number
  },
): Promise<{ rows: ResultRow[]; hasMore: boolean }> {
  const { row, limit } = request
  const { rows } = await sql<ResultRow>`
    select payment_id, coalesce(outcome, 'canceled') as outcome,
      coalesce(current_status, case when outcome is null then 'canceled' end) as current_status
    from cancellation_items
    where cancellation_id = ${row.id} and payment_id > ${request.after}
      and payment_id <= ${row.processed_through}
      ${request.outcome ? sql`and coalesce(outcome, 'canceled') = ${request.outcome}` : sql``}
    order by payment_id limit ${limit + 1}`.execute(db)
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit }
}
