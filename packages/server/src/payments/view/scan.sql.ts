import { idPrefixes, type PaymentFilter } from '@hedgepayments/contract'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { Account } from '../../domain/account.ts'
import { firstIdAt } from '../../domain/ids.ts'
import { findClockOffset } from '../../merchants/clock.sql.ts'
import { matches } from './payments.sql.ts'

// A filter can match one payment among millions. So it is read part by part: each part reads at most so
// many entries of one index, whether they match or not, and ends at an id where the next part continues.
//
// Every index below has the id as its last column, so each gives the candidates of a filter in the order
// of their ids. A part compares how far the same number of entries reaches in each index that fits the
// filter, and reads the one that reaches furthest: the customer's index where the customer has few
// payments, and the tasks where most payments have ended. The planner cannot choose: its statistics are
// about the whole table, and no limit on the result bounds what it reads.

/** Payments to read: the ids above `after` and, unless `before` is `null`, below `before`. */
export interface ScanRequest {
  readonly account: Account
  readonly filter: PaymentFilter
  readonly after: string
  readonly before: string | null
  /** Index entries to read at most. */
  readonly size: number
}

/** A part of the payments of a filter. */
export interface ScanPart {
  /** SQL: `id` and `status` of the payments that match, in no order. */
  readonly matching: RawBuilder<Pick<PaymentRow, 'id' | 'status'>>
  /** The last id of the part. The next part begins above it. */
  readonly through: string
  /** Whether no payment is left behind this part. */
  readonly isLast: boolean
}

/** Finds the next part of the payments of a filter, by reading at most `size` entries of each index that fits it. */
export async function nextPart(db: Db, request: ScanRequest): Promise<ScanPart> {
  const { account, filter, size } = request
  const range = { account, ...(await rangeOf(db, request)) }
  const sources = sourcesOf(filter)
  const probes = sources.map(
    (source, n) => sql`
      select ${n}::integer as n, count(*)::integer as count, max(id) as through
      from (${source.first(range, size)}) entry`,
  )
  const { rows } = await sql<Probe>`${sql.join(probes, sql` union all `)}`.execute(db)
  const best = rows.reduce((one, other) => (isBetter(other, one, size) ? other : one))
  const source = sources[best.n]
  if (!source) throw new Error('the database named an index that was not asked for')
  const isLast = best.count < size || best.through === null
  const through = isLast ? range.through : (best.through ?? range.through)
  const matching: ScanPart['matching'] = sql`
    select id, status from (${source.payments({ ...range, through })}) payments
    where ${matches(account, filter)}`
  return { matching, through, isLast }
}

/** How far an index reaches. */
interface Probe {
  readonly n: number
  readonly count: number
  readonly through: string | null
}

/** An index that ends is better than one that does not, and then the one with fewer entries. */
function isBetter(a: Probe, b: Probe, size: number): boolean {
  if (a.count < size || b.count < size) return a.count < b.count
  return (a.through ?? '') > (b.through ?? '')
}

/** The candidates of a filter in an index. */
interface Source {
  /** SQL: the column `id` of the first `size` entries of a range. */
  readonly first: (range: IdRange, size: number) => RawBuilder<unknown>
  /** SQL: all payments of a range, each once. */
  readonly payments: (range: IdRange) => RawBuilder<unknown>
}

/**
 * The payments with a value, by an index on merchant, mode, value and id, or without a value by the primary
 * key. The comparison of rows and the order allow this index only: by separate conditions, the planner
 * may choose another one and read the whole range.
 */
function byIndex(column?: {
  readonly name: RawBuilder<unknown>
  readonly value: RawBuilder<unknown>
  /** The condition of a partial index. */
  readonly where?: RawBuilder<SqlBool>
}): Source {
  const entries = ({ account, after, through }: IdRange) => {
    const names = column ? [column.name] : []
    const values = column ? [column.value] : []
    const key = sql.join([sql`merchant_id`, sql`livemode`, ...names, sql`id`])
    const { merchantId, livemode } = account
    const at = (id: string) =>
      sql.join([sql`${merchantId}::text`, sql`${livemode}::boolean`, ...values, sql`${id}::text`])
    return sql`
      from payments
      where (${key}) > (${at(after)}) and (${key}) <= (${at(through)})
        and ${column?.where ?? sql`true`}
      order by ${key}`
  }
  return {
    first: (range, size) => sql`select id ${entries(range)} limit ${size}`,
    // `offset` keeps the conditions of the filter out of the subquery, and so the index.
    payments: (range) => sql`select * ${entries(range)} offset 0`,
  }
}

/** The payments with a task that meets one of the conditions: one range for each. */
function byTask(conditions: readonly RawBuilder<SqlBool>[]): Source {
  const entries = ({ account, after, through }: IdRange, limit: RawBuilder<unknown>) => {
    const ranges = conditions.map(
      (condition) => sql`
        (select payment_id as id from payment_tasks
        where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
          and payment_id > ${after} and payment_id <= ${through} and ${condition}
        order by payment_id ${limit})`,
    )
    return sql`select id from (${sql.join(ranges, sql` union all `)}) task order by id ${limit}`
  }
  return {
    first: (range, size) => entries(range, sql`limit ${size}`),
    payments: (range) => sql`
      select p.* from (select distinct id from (${entries(range, sql``)}) entry) candidate
      cross join lateral (
        select * from payments
        where merchant_id = ${range.account.merchantId} and livemode = ${range.account.livemode}
          and id = candidate.id limit 1
      ) p`,
  }
}

/** The tasks of the statuses whose payments all have one: these statuses are open. */
const openTasks: Readonly<Partial<Record<PaymentRow['status'], readonly TaskKind[]>>> = {
  pending: ['expire'],
  initiated: ['process', 'watch'],
  processing: ['capture'],
}

/** The indexes that fit a filter; the primary key, which fits every filter, where no other does. */
function sourcesOf(filter: PaymentFilter): Source[] {
  const { customer_id, customer_email, checkout_session_id, last4, amount } = filter
  const sources: Source[] = []
  if (customer_id !== undefined) {
    const where = sql<SqlBool>`customer_id is not null`
    sources.push(byIndex({ name: sql`customer_id`, value: sql`${customer_id}::text`, where }))
  }
  if (customer_email !== undefined) {
    const value = sql`lower(${customer_email}::text collate "C")`
    sources.push(byIndex({ name: sql`lower(customer_email)`, value }))
  }
  if (checkout_session_id !== undefined) {
    const where = sql<SqlBool>`checkout_session_id is not null`
    const value = sql`${checkout_session_id}::text`
    sources.push(byIndex({ name: sql`checkout_session_id`, value, where }))
  }
  if (last4 !== undefined) {
    const name = sql`((payment_method_details ->> 'last4') collate "C")`
    const where = sql<SqlBool>`payment_method_details is not null`
    sources.push(byIndex({ name, value: sql`${last4}::text`, where }))
  }
  if (amount !== undefined) {
    sources.push(byIndex({ name: sql`amount`, value: sql`${amount}::integer` }))
  }
  if (filter.needs_attention) sources.push(byTask([sql`attention is not null`]))
  const kinds = filter.status?.map((status) => openTasks[status])
  if (kinds?.every((tasks) => tasks !== undefined)) {
    sources.push(byTask(kinds.flat().map((kind) => sql`kind = ${kind}`)))
  }
  return sources.length > 0 ? sources : [byIndex()]
}

/** The ids above `after`, up to `through`, of a merchant and mode. */
interface IdRange {
  readonly account: Account
  readonly after: string
  readonly through: string
}

/** Higher than the id of every payment. */
const idMax = `${idPrefixes.payment}~`

/**
 * How much later the time of an id may be than that of its payment, in milliseconds, if the clock of the
 * database was set back: until the clock has caught up, ids follow the newest one. A day is far more than
 * the clocks of two database hosts differ, and costs little to read.
 */
const clockErrorMs = 86_400_000

/** The range of ids in which the payments of a request are, by the times of the filter too. */
async function rangeOf(
  db: Db,
  { account, filter, after, before }: ScanRequest,
): Promise<{ after: string; through: string }> {
  const { gte, gt, lte, lt } = filter.created_at ?? {}
  const through = [before ?? idMax]
  for (const time of [lte, lt]) if (time !== undefined) through.push(idAt(time, clockErrorMs))
  const from = [after]
  if (gte !== undefined || gt !== undefined) {
    // A test clock makes payments younger than their ids. It only advances.
    const offset = account.livemode ? 0 : await findClockOffset(db, account.merchantId)
    const earlierMs = -offset * 1000 - clockErrorMs
    for (const time of [gte, gt]) if (time !== undefined) from.push(idAt(time, earlierMs))
  }
  return {
    after: from.toSorted().at(-1) ?? after,
    through: through.toSorted().at(0) ?? idMax,
  }
}

const timeMaxMs = 32 ** 10 - 1

/** The lowest id of a time, moved by some milliseconds. */
function idAt(time: string, byMs: number): string {
  return firstIdAt('payment', Math.min(timeMaxMs, Math.max(0, Date.parse(time) + byMs)))
}
