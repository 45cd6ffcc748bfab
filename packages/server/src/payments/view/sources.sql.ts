import type { PaymentFilter, PaymentStatus } from '@hedgepayments/contract'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { TaskKind } from '../../database/task-rows.ts'
import type { Account } from '../../domain/account.ts'
import { allRows, ofAccount, rowsWith, type ScanRange, type Source } from '../../lists/scan.sql.ts'

// Where a list, a count and a bulk cancellation find payments. No index contains a status, because each
// transition would write it. Every open payment has the task of its next step, and every refunded
// payment its refunds, so their tables are the indexes of these statuses.

/** The tasks of which an open payment has at least one. `verification/invariants/tasks.sql.ts` checks it. */
const tasksOf: Partial<Record<PaymentStatus, readonly TaskKind[]>> = {
  pending: ['expire'],
  initiated: ['process', 'watch'],
  processing: ['capture'],
}

const refundedStatuses: readonly PaymentStatus[] = ['partially_refunded', 'refunded']

/**
 * The payments that may match a filter. The first source that the filter allows: those before read fewer
 * payments. Metadata has no source, because its index has no order (`listByMetadata`).
 */
export function sourceOf(account: Account, filter: PaymentFilter): Source {
  return (
    byField(account, filter, ['checkout_session_id', 'customer_email', 'customer_id']) ??
    (filter.needs_attention === true ? withAttention(account) : null) ??
    byField(account, filter, ['last4']) ??
    byStatus(account, filter.status) ??
    byField(account, filter, ['amount']) ??
    allRows('payments', account)
  )
}

/** Whether few payments match one of the fields of a filter. Then nothing better is tried. */
export function isNarrow(filter: PaymentFilter): boolean {
  const { checkout_session_id, customer_email, customer_id, needs_attention } = filter
  return (
    checkout_session_id !== undefined ||
    customer_email !== undefined ||
    customer_id !== undefined ||
    needs_attention === true
  )
}

/** The payments with these ids. */
export function withIds(ids: readonly string[]): Source {
  return {
    isWhole: false,
    rows: ({ above, below, descending, limit }) => sql`
      select id from unnest(${ids}::text[]) given (id)
      where id collate "C" > ${above} and id collate "C" < ${below}
      order by id collate "C" ${directionOf(descending)} limit ${limit}`,
  }
}

type Field = 'checkout_session_id' | 'customer_email' | 'customer_id' | 'last4' | 'amount'

const columns: Record<Field, RawBuilder<unknown>> = {
  checkout_session_id: sql`checkout_session_id`,
  customer_email: foldedEmail(sql`customer_email`),
  customer_id: sql`customer_id`,
  last4: sql`(payment_method_details ->> 'last4') collate "C"`,
  amount: sql`amount`,
}

/** The conditions of partial indexes. */
const indexed: Partial<Record<Field, RawBuilder<SqlBool>>> = {
  checkout_session_id: sql<SqlBool>`checkout_session_id is not null`,
  customer_id: sql<SqlBool>`customer_id is not null`,
  last4: sql<SqlBool>`payment_method_details is not null`,
}

function byField(account: Account, filter: PaymentFilter, fields: readonly Field[]): Source | null {
  const field = fields.find((name) => filter[name] !== undefined)
  if (!field) return null
  const given = filter[field]
  const value = field === 'customer_email' ? foldedEmail(sql`${given}::text`) : sql`${given}`
  return rowsWith('payments', account, {
    column: columns[field],
    value,
    ...(indexed[field] ? { isIndexed: indexed[field] } : {}),
  })
}

function byStatus(account: Account, statuses: PaymentFilter['status']): Source | null {
  if (!statuses) return null
  if (statuses.every((status) => refundedStatuses.includes(status))) return withRefunds(account)
  const kinds = statuses.map((status) => tasksOf[status])
  return kinds.every((tasks) => tasks !== undefined) ? withTasks(account, kinds.flat()) : null
}

/** The payments with a task of any of these kinds. Merges one range of the primary key for each kind. */
function withTasks(account: Account, kinds: readonly TaskKind[]): Source {
  const ofKind = (kind: TaskKind, range: ScanRange) => sql`
      (select payment_id as id from payment_tasks
      where ${ofAccount(account)} and kind = ${kind} and ${inRange(range)}
      order by payment_id ${directionOf(range.descending)} limit ${range.limit})`
  return {
    isWhole: false,
    rows: (range) => sql`
      select distinct id from (${sql.join(
        [...new Set(kinds)].map((kind) => ofKind(kind, range)),
        sql` union all `,
      )}) tasks
      order by id ${directionOf(range.descending)} limit ${range.limit}`,
  }
}

/** The payments that need attention, by the partial index of such tasks. */
function withAttention(account: Account): Source {
  return distinctPayments(
    sql`payment_tasks`,
    sql<SqlBool>`${ofAccount(account)} and attention is not null`,
  )
}

/** The payments with refunds, by the primary key of refunds. */
function withRefunds(account: Account): Source {
  return distinctPayments(sql`refunds`, ofAccount(account))
}

function distinctPayments(table: RawBuilder<unknown>, condition: RawBuilder<SqlBool>): Source {
  return {
    isWhole: false,
    rows: (range) => sql`
      select distinct payment_id as id from ${table}
      where ${condition} and ${inRange(range)}
      order by id ${directionOf(range.descending)} limit ${range.limit}`,
  }
}

function inRange({ above, below }: ScanRange): RawBuilder<SqlBool> {
  return sql<SqlBool>`payment_id > ${above} and payment_id < ${below}`
}

function directionOf(descending: boolean): RawBuilder<unknown> {
  return descending ? sql`desc` : sql`asc`
}

/**
 * An e-mail address with the letters A to Z in lower case, for comparisons. Collation "C" leaves other
 * letters as they are, in every locale of the database. So an index stays correct after an upgrade of
 * the locale, and `I` never becomes a Turkish `ı`.
 */
export function foldedEmail(address: RawBuilder<unknown>): RawBuilder<string> {
  return sql`lower(${address} collate "C")`
}
