import { type RawBuilder, sql } from 'kysely'
import { onNode } from '../database/cluster/cluster.ts'
import type { Db } from '../database/db.ts'
import type { LedgerTransferRow } from '../database/money-rows.ts'
import type { Account } from '../domain/account.ts'
import { isUncounted } from '../lists/hours.sql.ts'

/** The accounts of the ledger. `post.ts` says what each of them contains. */
export type LedgerAccount =
  | 'processor'
  | 'merchant_pending'
  | 'merchant_available'
  | 'fees'
  | 'refunds'

/** Inserts transfers. Posting a transfer twice is a bug, which the primary key turns into an error. */
export async function insertTransfers(
  db: Db,
  transfers: readonly LedgerTransferRow[],
): Promise<void> {
  if (transfers.length > 0)
    await db
      .insertInto('ledger_transfers')
      .values([...transfers])
      .execute()
}

/** The two entries of each row of `t`: credits are positive. */
const entries = (table: RawBuilder<unknown>) => sql`
      select t.merchant_id, t.livemode, t.credit_account as account, t.currency, t.amount
      from ${table} t
      union all
      select t.merchant_id, t.livemode, t.debit_account, t.currency, -t.amount from ${table} t`

/** The transfers of the events `e`. An event has at most one of each kind. */
const transfersOf = (events: RawBuilder<unknown>, onNode: RawBuilder<unknown>) => sql`
      select t.* from ${events} e cross join lateral (
        select * from ledger_transfers
        where merchant_id = e.merchant_id and livemode = e.livemode
          and payment_id = e.subject_id and event_sequence = e.sequence ${onNode}
        limit 10
      ) t`

/**
 * Common table expressions that add the transfers of the events of `next`
 * (`dashboard/statistics/count.sql.ts`) to the balances of their accounts. Each transfer is written with
 * its event, and each event is counted once, so a balance contains each transfer once.
 */
export const addedToBalances = (onNode: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    counted_transfers as materialized (${transfersOf(sql`next`, onNode)}
    ), added_to_balances as (
      insert into ledger_balances (merchant_id, livemode, account, currency, balance)
      select merchant_id, livemode, account, currency, sum(amount)
      from (${entries(sql`counted_transfers`)}) entries
      group by 1, 2, 3, 4 order by 1, 2, 3, 4
      on conflict (merchant_id, livemode, account, currency) do update
      set balance = ledger_balances.balance + excluded.balance
    )`

/**
 * The balances of accounts of a merchant and mode: credits minus debits, in minor units by currency.
 *
 * It adds the transfers of events that are not counted yet, some seconds of work, to the balances of those
 * that are. *Rejected:* the sum over the whole account, by an index with its amounts: 1.3 s for four
 * million payments. *Rejected:* a balance that each transfer updates. Captures of a merchant would wait
 * for each other.
 */
export async function readAccounts(
  db: Db,
  { account, names }: { account: Account; names: readonly LedgerAccount[] },
): Promise<{ account: LedgerAccount; currency: string; balance: number }[]> {
  const { rows } = await sql<{ account: LedgerAccount; currency: string; balance: string }>`
    with uncounted as materialized (
      select merchant_id, livemode, subject_id, sequence from events
      where ${isUncounted(account)}
    ), uncounted_transfers as materialized (${transfersOf(sql`uncounted`, onNode(db, 'ledger_transfers', account))}
    )
    select account, currency, sum(balance)::text as balance
    from (
      select account, currency, balance from ledger_balances
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      union all
      select account, currency, amount from (${entries(sql`uncounted_transfers`)}) entries
    ) sums
    where account = any(${names}::text[])
    group by account, currency
    order by account, currency`.execute(db)
  return rows.map((row) => ({ ...row, balance: Number(row.balance) }))
}

/** The balance of one payment in an account: credits minus debits, in minor units. */
export async function sumOfPayment(
  db: Db,
  { account, paymentId, name }: { account: Account; paymentId: string; name: LedgerAccount },
): Promise<number> {
  const { rows } = await sql<{ balance: string }>`
    select coalesce(sum(case when credit_account = ${name} then amount else -amount end), 0)::text
      as balance
    from ledger_transfers
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and payment_id = ${paymentId} and ${name} in (debit_account, credit_account)`.execute(db)
  return Number(rows[0]?.balance ?? 0)
}
