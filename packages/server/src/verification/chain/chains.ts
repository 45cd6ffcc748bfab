import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import { findNextSealed } from '../../seals/seals.sql.ts'
import type { Runner } from '../pages/runner.ts'
import { findNextAccount } from '../totals/totals.sql.ts'
import { type CheckedChain, checkChain } from './chain.ts'

/** Recomputes the chain of every merchant and mode with events or seals, or of one merchant. */
export async function* checkChains(
  { db, runner }: { db: Db; runner: Runner },
  merchantId: string | null,
): AsyncGenerator<CheckedChain> {
  for await (const account of accountsOf({ db, runner }, merchantId)) {
    yield await checkChain(db, account)
  }
}

async function* accountsOf(
  { db, runner }: { db: Db; runner: Runner },
  merchantId: string | null,
): AsyncGenerator<Account> {
  if (merchantId !== null) {
    yield { merchantId, livemode: false }
    yield { merchantId, livemode: true }
    return
  }
  for (let after: Account = { merchantId: '', livemode: false }; ; ) {
    const withEvents = await findNextAccount(runner, after)
    const withSeals = await findNextSealed(db, after)
    const next = earlier(withEvents, withSeals)
    if (next === null) return
    yield next
    after = next
  }
}

/** The first of two accounts in the order of their keys. Ids are ASCII, so both orders are the same. */
function earlier(a: Account | null, b: Account | null): Account | null {
  if (a === null || b === null) return a ?? b
  if (a.merchantId !== b.merchantId) return a.merchantId < b.merchantId ? a : b
  return a.livemode ? b : a
}
