import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { CancellationRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { firstIdAt, madeAtMs } from '../../domain/ids.ts'
import { matches } from '../../payments/view/payments.sql.ts'

interface ItemSelection {
  readonly row: CancellationRow
  readonly after: string
  readonly before: string | null
  readonly limit: number
}

/**
 * Inserts the next payments that match the filter as items, in the order of their ids: those above
 * `after` and, unless `before` is `null`, below `before`.
 *
 * @returns `null` where no payment is left.
 */
export async function selectItems(
  tx: Db,
  { row, after, before, limit }: ItemSelection,
): Promise<{ count: number; through: string } | null> {
  const { rows } = await sql<{ count: number; through: string | null }>`
    with selected as (
      insert into cancellation_items (cancellation_id, payment_id)
      select ${row.id}, id from payments
      where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
        and id > ${after} ${before === null ? sql`` : sql`and id < ${before}`}
        and ${matches(accountOf(row), row.filter ?? {})}
      order by id limit ${limit}
      returning payment_id
    )
    select count(*)::integer as count, max(payment_id) as through from selected`.execute(tx)
  const chunk = rows[0]
  return chunk && chunk.through !== null ? { count: chunk.count, through: chunk.through } : null
}

/**
 * The upper bound of the ids that the worker selects: payments created after the request are not part
 * of it. The id of a cancellation has the millisecond. `created_at` has only the second, which does
 * not separate payments created shortly before the request from those created shortly after.
 */
export function firstIdAfter(row: CancellationRow): string {
  return firstIdAt('payment', madeAtMs(row.id) + 1)
}
