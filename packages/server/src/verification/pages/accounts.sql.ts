import type { Account } from '../../domain/account.ts'
import type { Runner } from './runner.ts'

/** The next merchant and mode with events behind the given one; `null`: there is none. */
export async function findNextWithEvents(runner: Runner, after: Account): Promise<Account | null> {
  const rows = await runner.query<FoundAccount>(
    `select merchant_id, livemode from events
     where (merchant_id, livemode, position) > ($1, $2::boolean, 9223372036854775807)
     order by merchant_id, livemode, position limit 1`,
    [after.merchantId, after.livemode],
  )
  return firstOf(rows)
}

/** The next merchant and mode with payments behind the given one; `null`: there is none. */
export async function findNextWithPayments(
  runner: Runner,
  after: Account,
): Promise<Account | null> {
  const rows = await runner.query<FoundAccount>(
    `select merchant_id, livemode from payments
     where (merchant_id, livemode, id) > ($1, $2::boolean, '~')
     order by merchant_id, livemode, id limit 1`,
    [after.merchantId, after.livemode],
  )
  return firstOf(rows)
}

interface FoundAccount {
  readonly merchant_id: string
  readonly livemode: boolean
}

function firstOf([row]: readonly FoundAccount[]): Account | null {
  return row ? { merchantId: row.merchant_id, livemode: row.livemode } : null
}
