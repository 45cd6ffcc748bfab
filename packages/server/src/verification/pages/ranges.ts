import type { Account } from '../../domain/account.ts'
import { findNextWithEvents, findNextWithPayments } from './accounts.sql.ts'
import { accountsOf, earlier } from './accounts.ts'
import { type Page, pageOfAccount, wholePage } from './page.sql.ts'
import type { Runner } from './runner.ts'

/**
 * The ranges of payments to read page by page: all of them, or those of a merchant. In a cluster, each
 * account is a range of its own, because its rows are on one node.
 */
export async function* rangesOf(runner: Runner, merchantId: string | null): AsyncGenerator<Page> {
  if (!runner.isCluster) {
    yield wholePage(merchantId)
    return
  }
  const findNext = async (after: Account) =>
    earlier(await findNextWithPayments(runner, after), await findNextWithEvents(runner, after))
  for await (const account of accountsOf(merchantId, findNext)) yield pageOfAccount(account)
}
