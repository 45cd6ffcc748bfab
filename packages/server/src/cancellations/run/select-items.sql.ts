import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { CancellationRow } from '../../database/schema.ts'
import { firstIdAt, madeAtMs } from '../../domain/ids.ts'
import type { ScanPart } from '../../payments/view/scan.sql.ts'

/** Inserts the payments of a part as items, at most `limit` in the order of their ids. Returns their number. */
export async function insertMatching(
  tx: Db,
  { row, part, limit }: { row: CancellationRow; part: ScanPart; limit: number },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with selected as (
      insert into cancellation_items (merchant_id, livemode, cancellation_id, payment_id)
      select ${row.merchant_id}, ${row.livemode}::boolean, ${row.id}, id from (${part.matching}) payment order by id limit ${limit}
      returning payment_id
    )
    select count(*)::integer as count from selected`.execute(tx)
  return rows[0]?.count ?? 0
}

/**
 * The upper bound of the ids that the worker selects: payments created after the request are not part
 * of it. The id of a cancellation has the millisecond. `created_at` has only the second, which does
 * not separate payments created shortly before the request from those created shortly after.
 */
export function firstIdAfter(row: CancellationRow): string {
  return firstIdAt('payment', madeAtMs(row.id) + 1)
}
