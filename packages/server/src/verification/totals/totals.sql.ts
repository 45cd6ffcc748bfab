import type { Account } from '../../domain/account.ts'
import type { Runner } from '../pages/runner.ts'

/** Sums of an account that the server keeps, and the position through which its events are in them. */
export interface KeptTotals {
  /** The position through which events are counted. No event can appear before it any more. */
  readonly position: string
  readonly balances: readonly TotalRow[]
  readonly plots: readonly TotalRow[]
}

/** One sum: of an account of the ledger, or of a measure of the plots. */
export interface TotalRow {
  readonly name: string
  readonly currency: string
  /** A bigint, as text. */
  readonly amount: string
}

/**
 * Reads the sums that the server keeps and their position: one snapshot. In a cluster, they are on two nodes,
 * and are read while nobody counts.
 */
export async function readKeptTotals(runner: Runner, account: Account): Promise<KeptTotals> {
  if (runner.isCluster)
    return await runner.afterWriters('stats_progress', (own) => inCluster(own, account))
  const rows = await runner.query<KeptTotals>(
    `select s.position::text as position, ${keptSums} from stats_progress s`,
    [account.merchantId, account.livemode],
  )
  return firstOf(rows)
}

async function inCluster(runner: Runner, account: Account): Promise<KeptTotals> {
  const { position } = firstOf(
    await runner.query<Pick<KeptTotals, 'position'>>(
      'select position::text as position from stats_progress',
      [],
    ),
  )
  const sums = await runner.query<Omit<KeptTotals, 'position'>>(`select ${keptSums}`, [
    account.merchantId,
    account.livemode,
  ])
  return { position, ...firstOf(sums) }
}

function firstOf<Row>([row]: readonly Row[]): Row {
  if (!row) throw new Error('the database has no stats_progress')
  return row
}

const keptSums = `coalesce((
    select json_agg(json_build_object('name', account, 'currency', currency,
      'amount', balance::text))
    from ledger_balances where merchant_id = $1 and livemode = $2::boolean), '[]') as balances,
  coalesce((
    select json_agg(json_build_object('name', measure, 'currency', currency,
      'amount', amount::text))
    from (select measure, currency, sum(amount) as amount from hourly_stats
      where merchant_id = $1 and livemode = $2::boolean
        and measure in ('succeeded', 'refunded')
      group by measure, currency) plotted), '[]') as plots`

/** The next payments of an account: the id behind which the next part begins; `null`: it is the last. */
export async function findPartEnd(
  runner: Runner,
  { account, after, size }: { account: Account; after: string; size: number },
): Promise<string | null> {
  const rows = await runner.query<{ id: string }>(
    `select id from payments where merchant_id = $1 and livemode = $2::boolean and id > $3
     order by id offset $4::integer - 1 limit 1`,
    [account.merchantId, account.livemode, after, size],
  )
  return rows[0]?.id ?? null
}

/**
 * More transfers or refunds than an event has. Each is looked up by the key of its event: a limit keeps the
 * planner from reading and joining whole tables, whatever it believes of a range of keys.
 */
const rowsOfEventMax = 100_000

/** Sums of a part of an account's payments, over the events up to a position. */
export interface PartTotals {
  readonly balances: readonly TotalRow[]
  readonly plots: readonly TotalRow[]
}

/**
 * Sums the ledger and the plotted events of some payments of an account, up to a position. Events and
 * transfers up to there never change, so the parts of an account need no common snapshot.
 */
export async function sumPart(
  runner: Runner,
  given: { account: Account; after: string; through: string; position: string },
): Promise<PartTotals> {
  const { account, after, through, position } = given
  const rows = await runner.query<TotalRow & { kind: 'balance' | 'plot' }>(
    `with counted as materialized (
       select subject_id, sequence, type from events
       where merchant_id = $1 and livemode = $2::boolean and subject_id > $3 and subject_id <= $4
         and position <= $5::bigint
     ), transfers as materialized (
       select t.* from counted e cross join lateral (
         select credit_account, debit_account, currency, amount from ledger_transfers
         where merchant_id = $1 and livemode = $2::boolean and payment_id = e.subject_id
           and event_sequence = e.sequence
         limit ${rowsOfEventMax}) t
     ), entries as (
       select credit_account as name, currency, amount from transfers
       union all
       select debit_account, currency, -amount from transfers
     ), plotted as (
       select 'succeeded' as name, p.currency,
         case e.type when 'payment.succeeded' then p.captured_amount
           else -p.captured_amount end as amount
       from counted e cross join lateral (
         select currency, captured_amount from payments
         where merchant_id = $1 and livemode = $2::boolean and id = e.subject_id limit 1) p
       where e.type in ('payment.succeeded', 'payment.returned')
       union all
       select 'refunded', r.currency,
         case e.type when 'payment.refund_succeeded' then r.amount else -r.amount end
       from counted e cross join lateral (
         select currency, amount from refunds
         where merchant_id = $1 and livemode = $2::boolean and payment_id = e.subject_id
           and (e.type = 'payment.refund_succeeded' and answered_sequence = e.sequence
             or e.type = 'payment.refund_failed' and returned_sequence = e.sequence)
         limit ${rowsOfEventMax}) r
       where e.type in ('payment.refund_succeeded', 'payment.refund_failed')
     )
     select 'balance' as kind, name, currency, sum(amount)::text as amount from entries
     group by name, currency
     union all
     select 'plot', name, currency, sum(amount)::text from plotted group by name, currency`,
    [account.merchantId, account.livemode, after, through, position],
  )
  return {
    balances: rows.filter(({ kind }) => kind === 'balance'),
    plots: rows.filter(({ kind }) => kind === 'plot'),
  }
}
