import { idPrefixes, type PaymentFilter } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import { isBounded } from '../../database/created-within.ts'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { tryWithin } from '../../database/statements/within-time.ts'
import type { Account } from '../../domain/account.ts'
import type { FencedPage } from '../../http/request/pagination.ts'
import { readHours } from '../../lists/hours.sql.ts'
import {
  allRows,
  lastScanned,
  limited,
  ofAccount,
  rangeOf,
  type ScannedPage,
  type ScanRange,
  type Source,
  scannedMax,
  scanPage,
  within,
} from '../../lists/scan.sql.ts'
import { matches } from './payments.sql.ts'
import { isNarrow, sourceOf, withIds } from './sources.sql.ts'

interface ListRequest {
  readonly account: Account
  readonly filter: PaymentFilter
  readonly page: FencedPage
}

/**
 * A page of payments, newest first. It reads `scannedMax` payments at most: a page with fewer payments than
 * its limit has a cursor for the next one.
 */
export async function listPayments(
  db: Db,
  { account, filter, page }: ListRequest,
): Promise<ScannedPage<PaymentRow>> {
  const range = await boundedRange(db, { account, filter, range: rangeOf(page, scannedMax) })
  if (!range) return { rows: [], hasMore: false, nextCursor: null }
  const request = { account, filter, page, range }
  return isByMetadata(filter)
    ? await listByMetadata(db, request)
    : await pageFrom(db, { ...request, source: sourceOf(account, filter) })
}

/** A range of payments that a filter by creation time allows. `null`: none was created then. */
async function boundedRange(
  db: Db,
  { account, filter, range }: { account: Account; filter: PaymentFilter; range: ScanRange },
): Promise<ScanRange | null> {
  if (!isBounded(filter.created_at)) return range
  const { payments } = await readHours(db, { account, range: filter.created_at })
  return payments && within(range, payments)
}

/** The number of payments with a status. */
export interface StatusCount {
  readonly status: PaymentRow['status']
  readonly count: number
}

/**
 * Counts the payments that match a filter, by status, up to about `max` in all. Each statement reads a
 * limited number of payments, so none of them takes long.
 */
export async function countPayments(
  db: Db,
  { account, filter, max }: { account: Account; filter: PaymentFilter; max: number },
): Promise<StatusCount[]> {
  const counts = new Map<PaymentRow['status'], number>()
  const all = { above: '', below: `${idPrefixes.payment}~`, descending: false, limit: scannedMax }
  const ids = isByMetadata(filter) ? await findByMetadata(db, { account, filter }) : null
  const source = ids ? withIds(ids) : sourceOf(account, filter)
  let range: ScanRange | null = await boundedRange(db, {
    account,
    filter,
    range: limited(all, source),
  })
  for (let total = 0; range !== null && total < max; ) {
    const matched = matching({ account, filter, source }, source.rows(range))
    const { rows } = await sql<StatusCount>`
      select status, count(*)::integer as count from (${matched}) matched group by status`.execute(
      db,
    )
    for (const { status, count } of rows) {
      counts.set(status, (counts.get(status) ?? 0) + count)
      total += count
    }
    const last = await lastScanned(db, { source, range })
    range = last === null ? null : { ...range, above: last }
  }
  return [...counts].map(([status, count]) => ({ status, count }))
}

/** Whether the index of metadata finds the payments of a filter. */
function isByMetadata(filter: PaymentFilter): boolean {
  return Object.keys(filter.metadata ?? {}).length > 0 && !isNarrow(filter)
}

type Bounded = ListRequest & { readonly range: ScanRange }

async function pageFrom(
  db: Db,
  { account, filter, page, range, source }: Bounded & { readonly source: Source },
): Promise<ScannedPage<PaymentRow>> {
  const read = (rows: RawBuilder<unknown>) => matching({ account, filter, source }, rows)
  const name = source.isWhole ? 'payments' : 'c'
  return await scanPage<PaymentRow>(db, { source, page, range, read, name })
}

/** The payments of the rows of a source that match a filter, in the order of the rows. */
function matching(
  { account, filter, source }: { account: Account; filter: PaymentFilter; source: Source },
  rows: RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (source.isWhole) {
    return sql`select payments.* from (${rows}) payments where ${matches(account, filter)}`
  }
  return sql`select payments.* from (${rows}) c cross join lateral (
      select * from payments where ${ofAccount(account)} and id = c.id limit 1
    ) payments where ${matches(account, filter)}`
}

/** Newest payments that are tried before the index of metadata. Enough where most payments match. */
const triedMax = 500
/** Most payments that are taken from the index of metadata, of all merchants together. */
const foundMax = 5_000

/**
 * A page of payments with metadata. The index of metadata has no order and no merchant, so all payments
 * that it finds are read. A frequent value is among the newest payments, and a rare one is read
 * completely. Only values between both are searched in the order of the ids.
 */
async function listByMetadata(db: Db, request: Bounded): Promise<ScannedPage<PaymentRow>> {
  const { account, filter, page, range } = request
  const tried = await pageFrom(db, {
    ...request,
    range: { ...range, limit: triedMax },
    source: allRows('payments', account),
  })
  if (tried.rows.length === page.limit || tried.nextCursor === null) return tried
  const ids = await findByMetadata(db, request)
  const source = ids ? withIds(ids) : sourceOf(account, filter)
  return await pageFrom(db, { ...request, source })
}

/** Matches among the newest payments of an account from which on a value of metadata is frequent. */
const frequentMin = triedMax / 100

/** Whether a value of metadata is frequent. The index would read all payments that have it. */
async function isFrequent(
  db: Db,
  { account, filter }: { account: Account; filter: PaymentFilter },
): Promise<boolean> {
  const newest = { above: '', below: `${idPrefixes.payment}~`, descending: true, limit: triedMax }
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from (${allRows('payments', account).rows(newest)}) newest
    where metadata @> ${JSON.stringify(filter.metadata ?? {})}::jsonb`.execute(db)
  return (rows[0]?.count ?? 0) >= frequentMin
}

/** The longest time that the index of metadata is searched, in milliseconds. */
const findMsMax = 90

/**
 * The payments of an account with metadata. `null`: there are too many for the index, which reads all
 * payments of all accounts with a value, in no order.
 */
async function findByMetadata(
  db: Db,
  { account, filter }: { account: Account; filter: PaymentFilter },
): Promise<string[] | null> {
  if (await isFrequent(db, { account, filter })) return null
  return await tryWithin(db, findMsMax, (tx) => readIndex(tx, { account, filter }))
}

async function readIndex(
  tx: Db,
  { account, filter }: { account: Account; filter: PaymentFilter },
): Promise<string[] | null> {
  // The first condition implies the second, which makes the partial index usable.
  const { rows } = await sql<{ is_complete: boolean; ids: string[] | null }>`
    with found as materialized (
      select merchant_id, livemode, id from payments
      where metadata @> ${JSON.stringify(filter.metadata ?? {})}::jsonb and metadata <> '{}'::jsonb
      limit ${foundMax + 1}
    )
    select count(*) <= ${foundMax} as is_complete,
      array_agg(id) filter (where ${ofAccount(account)}) as ids
    from found`.execute(tx)
  return rows[0]?.is_complete ? (rows[0].ids ?? []) : null
}
