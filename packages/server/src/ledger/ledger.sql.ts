import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { LedgerTransferRow } from '../database/money-rows.ts'
import type { Account } from '../domain/account.ts'

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

/** The balances of accounts of a merchant and mode: credits minus debits, in minor units by currency. */
export async function readAccounts(
  db: Db,
  { account, names }: { account: Account; names: readonly LedgerAccount[] },
): Promise<{ account: LedgerAccount; currency: string; balance: number }[]> {
  // Two index-only scans: each side of the transfers has an index that includes the amounts.
  const { rows } = await sql<{ account: LedgerAccount; currency: string; balance: string }>`
    select account, currency, sum(amount)::text as balance
    from (
      select credit_account as account, currency, amount from ledger_transfers
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
        and credit_account = any(${names}::text[])
      union all
      select debit_account, currency, -amount from ledger_transfers
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
        and debit_account = any(${names}::text[])
    ) entries
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
