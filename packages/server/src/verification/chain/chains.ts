import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import { findNextSealed } from '../../seals/seals.sql.ts'
import { findNextWithEvents } from '../pages/accounts.sql.ts'
import { accountsOf, earlier } from '../pages/accounts.ts'
import type { Runner } from '../pages/runner.ts'
import { type CheckedChain, checkChain } from './chain.ts'

/** Recomputes the chain of every merchant and mode with events or seals, or of one merchant. */
export async function* checkChains(
  { db, runner }: { db: Db; runner: Runner },
  merchantId: string | null,
): AsyncGenerator<CheckedChain> {
  const findNext = async (after: Account) =>
    earlier(await findNextWithEvents(runner, after), await findNextSealed(db, after))
  for await (const account of accountsOf(merchantId, findNext)) yield await checkChain(db, account)
}
