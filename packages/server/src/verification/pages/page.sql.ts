import { isCanceled } from '../../database/statements/step-size.ts'
import type { TaskKind } from '../../database/task-rows.ts'
import type { Account } from '../../domain/account.ts'
import type { Runner } from './runner.ts'

/** A place in the order of the payments' keys. */
export interface PaymentKey {
  readonly merchantId: string
  readonly livemode: boolean
  readonly id: string
}

/** A range of payments: those behind `after`, up to `through`. */
export interface Page {
  readonly after: PaymentKey
  readonly through: PaymentKey
}

/** An id behind every other: ids consist of letters, digits and underscores. */
const lastId = '~'

/** The payments of an account. */
export function pageOfAccount({ merchantId, livemode }: Account): Page {
  return {
    after: { merchantId, livemode, id: '' },
    through: { merchantId, livemode, id: lastId },
  }
}

/** All payments, or those of a merchant, in both modes. */
export function wholePage(merchantId: string | null): Page {
  return {
    after: { merchantId: merchantId ?? '', livemode: false, id: '' },
    through: { merchantId: merchantId ?? lastId, livemode: true, id: lastId },
  }
}

/** The end of a page of so many payments; `null`: fewer are left. */
export async function findPageEnd(
  runner: Runner,
  { page, size }: { page: Page; size: number },
): Promise<PaymentKey | null> {
  const rows = await runner.query<{ merchant_id: string; livemode: boolean; id: string }>(
    `select merchant_id, livemode, id from payments
     where (merchant_id, livemode, id) > ($1, $2::boolean, $3)
       and (merchant_id, livemode, id) <= ($4, $5::boolean, $6) ${onNode(runner)}
     order by merchant_id, livemode, id offset $7::integer - 1 limit 1`,
    [...boundsOf(page), size],
  )
  const [last] = rows
  return last ? { merchantId: last.merchant_id, livemode: last.livemode, id: last.id } : null
}

/** Rows of one payment in another table. A refund, a dispute and a message each add a few. */
const rowsOfPaymentMax = 100_000

/** The kinds of rows that belong to a payment, with the column that contains its id. */
const tablesOfPayments = {
  events: 'subject_id',
  payment_tasks: 'payment_id',
  refunds: 'payment_id',
  disputes: 'payment_id',
  ledger_transfers: 'payment_id',
} as const

/** The primary key of tasks has the kind before the payment, so a read of a payment names all kinds. */
const taskKinds = {
  ...{ expire: true, authorize: true, watch: true, process: true, capture: true },
  ...{ void: true, refund: true, settle: true, dispute: true, recheck: true },
} as const satisfies Record<TaskKind, true>

/**
 * A condition that names the account of a page by its parameters: in a cluster, each page is of one account,
 * and Citus runs its statements on the node of the account.
 */
const onNode = ({ isCluster }: Runner) =>
  isCluster ? 'and merchant_id = $1 and livemode = $2::boolean' : ''

/**
 * The rows of a page's payments. In a cluster they are materialized: the account is a constant there, so the
 * planner expects a single row, and would read the rows of all payments again for each payment.
 */
const rowsOfPayments = (runner: Runner) =>
  Object.entries(tablesOfPayments)
    .map(([table, column]) => {
      const kinds = table === 'payment_tasks' ? `kind = any('{${Object.keys(taskKinds)}}') and` : ''
      return `${table} as ${runner.isCluster ? 'materialized' : ''} (
      select t.* from payments p cross join lateral (
        select * from ${table} where ${kinds} merchant_id = p.merchant_id
          and livemode = p.livemode and ${column} = p.id ${onNode(runner)}
        limit ${rowsOfPaymentMax}) t)`
    })
    .join(', ')

/**
 * Runs a statement about the payments of a page. In the statement the names of tables are those of the
 * page: `payments`, and the rows that belong to them. `all_payments`, `all_events` and `all_acceptances`
 * are the whole tables, to be read by key.
 *
 * A `with` in front of the statement shadows the tables, so the statements read like those of a whole
 * database. Each table is read by the keys of the payments, so a statement reads what the page has,
 * whatever the planner believes of a range of keys.
 *
 * @param given.payments at most so many payments of the page are read.
 * @param given.more the parameters of the statement, from `$8` on.
 */
export async function queryPage<Row>(
  runner: Runner,
  given: { page: Page; text: string; payments: number; more?: readonly unknown[] },
): Promise<Row[]> {
  const { page, text, payments, more = [] } = given
  return await runner.query<Row>(
    `with all_payments as not materialized (select * from payments where true ${onNode(runner)}),
       all_events as not materialized (select * from events where true ${onNode(runner)}),
       all_acceptances as not materialized (
         select * from mandate_acceptances where true ${onNode(runner)}),
       payments as materialized (
         select * from payments
         where (merchant_id, livemode, id) > ($1, $2::boolean, $3)
           and (merchant_id, livemode, id) <= ($4, $5::boolean, $6) ${onNode(runner)}
         order by merchant_id, livemode, id limit $7::integer),
       ${rowsOfPayments(runner)},
       ledger_entries as (
         select merchant_id, livemode, payment_id, event_sequence, kind, debit_account as account,
           amount, currency from ledger_transfers
         union all
         select merchant_id, livemode, payment_id, event_sequence, kind, credit_account, -amount,
           currency from ledger_transfers)
     ${text}`,
    [...boundsOf(page), payments, ...more],
  )
}

/** The bounds of a page, for the parameters 1 to 6. */
function boundsOf({ after, through }: Page): unknown[] {
  return [
    after.merchantId,
    after.livemode,
    after.id,
    through.merchantId,
    through.livemode,
    through.id,
  ]
}
/**
 * About how many payments there are: the planner's estimate, or those of a merchant. A merchant whose payments
 * take too long to count has many of all payments, so their estimate is good enough.
 */
export async function estimatePayments(runner: Runner, merchantId: string | null): Promise<number> {
  if (merchantId === null) return await estimateAllPayments(runner)
  try {
    const [row] = await runner.query<{ count: string }>(
      'select count(*) as count from payments where merchant_id = $1',
      [merchantId],
    )
    return Number(row?.count ?? 0)
  } catch (error) {
    if (!isCanceled(error)) throw error
    return await estimateAllPayments(runner)
  }
}

async function estimateAllPayments(runner: Runner): Promise<number> {
  const [row] = await runner.query<{ count: string }>(
    `select greatest(reltuples, 0)::bigint as count from pg_class where oid = 'payments'::regclass`,
    [],
  )
  return Number(row?.count ?? 0)
}

/** The number of payments of a page. */
export async function countPayments(runner: Runner, page: Page): Promise<number> {
  const [row] = await runner.query<{ count: string }>(
    `select count(*) as count from payments
     where (merchant_id, livemode, id) > ($1, $2::boolean, $3)
       and (merchant_id, livemode, id) <= ($4, $5::boolean, $6) ${onNode(runner)}`,
    boundsOf(page),
  )
  return Number(row?.count ?? 0)
}
