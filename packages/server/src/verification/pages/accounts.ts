import type { Account } from '../../domain/account.ts'

/**
 * The merchants and modes that `findNext` finds, in the order of their keys, or both modes of one merchant.
 *
 * @param findNext the next account behind the given one; `null`: there is none.
 */
export async function* accountsOf(
  merchantId: string | null,
  findNext: (after: Account) => Promise<Account | null>,
): AsyncGenerator<Account> {
  if (merchantId !== null) {
    yield { merchantId, livemode: false }
    yield { merchantId, livemode: true }
    return
  }
  for (let after: Account = { merchantId: '', livemode: false }; ; ) {
    const next = await findNext(after)
    if (next === null) return
    yield next
    after = next
  }
}

/** The first of two accounts in the order of their keys. Ids are ASCII, so both orders are the same. */
export function earlier(a: Account | null, b: Account | null): Account | null {
  if (a === null || b === null) return a ?? b
  if (a.merchantId !== b.merchantId) return a.merchantId < b.merchantId ? a : b
  return a.livemode ? b : a
}
