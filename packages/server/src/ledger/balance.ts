import type { Balance, MerchantId } from '@hedgepayments/contract'
import type { Db } from '../database/db.ts'
import type { Account } from '../domain/account.ts'
import { type LedgerAccount, readAccounts } from './ledger.sql.ts'

/** The balance of a merchant and mode, summed from the ledger. */
export async function readBalance(db: Db, account: Account): Promise<Balance> {
  const rows = await readAccounts(db, {
    account,
    names: ['merchant_available', 'merchant_pending', 'fees'],
  })
  const of = (name: LedgerAccount) =>
    rows
      .filter((row) => row.account === name)
      .map(({ balance, currency }) => ({ amount: balance, currency }))
  return {
    object: 'balance',
    livemode: account.livemode,
    merchant_id: account.merchantId as MerchantId,
    available: of('merchant_available'),
    pending: of('merchant_pending'),
    fees: of('fees'),
  }
}
