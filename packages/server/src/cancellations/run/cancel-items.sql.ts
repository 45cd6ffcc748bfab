import { sql } from 'kysely'
import { onNode } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import type { CancellationRow } from '../../database/schema.ts'
import { readInIndexOrder } from '../../database/statements/index-order.ts'
import { accountOf } from '../../domain/account.ts'
import {
  type CancelSource,
  cancelableList,
  cancelRowsOn,
} from '../../payments/transition/rows/cancel-rows.sql.ts'

const cancelable = sql.raw(cancelableList)
const lockedItems: CancelSource = {
  name: 'locked',
  where: `s.seen_status in (${cancelableList})`,
  returning: [],
}

/** The counts of a set of items. */
export interface CanceledSet {
  readonly taken: number
  /** The last id of the set; `null` where it is empty. */
  readonly last: string | null
  readonly canceled: number
  readonly refused: number
}

/**
 * Cancels the payments of the next items, at most `limit`, and records on the items why the others were
 * not canceled. Call it in the transaction that also writes the progress.
 *
 * Like payments/cancel/cancel.sql.ts, this statement locks rows in the order of their ids, reads the
 * newest version of each, and cancels it by `cancelRows`. It needs no idempotency keys, no If-Match and no
 * row for the answer, and no id leaves PostgreSQL: a payment costs about half as much (bench/README.md).
 * LATERAL keeps one look-up by the key per item, in their order. Merchant and mode are columns of the
 * items: as constants they make a planner without statistics read all payments of the merchant.
 */
export async function cancelNextItems(
  tx: Db,
  { row, limit }: { row: CancellationRow; limit: number },
): Promise<CanceledSet> {
  await readInIndexOrder(tx)
  const account = accountOf(row)
  const { rows } = await sql<CanceledSet>`
    with item as materialized (
      select merchant_id, livemode, cancellation_id, payment_id,
        row_number() over (order by payment_id) as n
      from cancellation_items
      where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
        and cancellation_id = ${row.id} and payment_id > ${row.processed_through}
      order by payment_id limit ${limit}
    ), locked as materialized (
      select i.*, p.status as seen_status, greatest(${row.updated_at}::timestamptz, p.updated_at) as at,
        ${row.reason}::text as reason, 'api_key' as actor_type, ${row.actor_id}::text as actor_id
      from item i cross join lateral (
        select p.status, p.updated_at from payments p
        where p.merchant_id = i.merchant_id and p.livemode = i.livemode and p.id = i.payment_id
          ${onNode(tx, 'p', account)}
        for no key update
      ) p
    ), ${cancelRowsOn(lockedItems, onNode(tx, 'p', account))}, excepted as (
      update cancellation_items c
      set outcome = case when l.payment_id is null then 'not_found' else 'refused' end,
        current_status = l.seen_status
      from item i left join locked l on l.payment_id = i.payment_id
      where (l.payment_id is null or l.seen_status not in (${cancelable}))
        and c.merchant_id = i.merchant_id and c.livemode = i.livemode
        and c.cancellation_id = i.cancellation_id and c.payment_id = i.payment_id
        ${onNode(tx, 'c', account)}
    )
    select (select count(*) from item)::integer as taken,
      (select max(payment_id) from item) as last,
      (select count(*) from canceled)::integer as canceled,
      (select count(*) from locked where seen_status not in (${cancelable}))::integer as refused`.execute(
    tx,
  )
  const set = rows[0]
  if (!set) throw new Error('the cancellation of a set returned no counts')
  return set
}
