import { type Kysely, sql } from 'kysely'
import { readInIndexOrder } from '../database/index-order.ts'
import type { CancellationRow, Schema } from '../database/schema.ts'
import { statusesBefore } from '../payments/lifecycle.ts'

type Db = Kysely<Schema>

/** What became of a set of items. */
export interface CanceledSet {
  readonly taken: number
  /** The last id of the set; `null` where it is empty. */
  readonly last: string | null
  readonly canceled: number
  readonly refused: number
}

// The cancel of payments/cancel.sql.ts for many at once, and by the same order: rows are locked in
// the order of their ids, a locked row is seen in its newest version, and only then it is moved.
// What a single cancel has beyond that (keys of idempotency, If-Match, the row for the answer) is
// not here, and no id leaves PostgreSQL: a payment costs about half as much (bench/README.md).
// LATERAL keeps one look-up by the key per item, in their order. Merchant and mode come with the
// items: as constants they lead a planner without statistics to read all of a merchant's payments.
/**
 * Cancels the payments of the next items, at most `limit`, and notes on the items what was not
 * canceled. Together with the row's progress it is to be one transaction.
 */
export async function cancelNextItems(
  tx: Db,
  { row, limit }: { row: CancellationRow; limit: number },
): Promise<CanceledSet> {
  const cancelable = statusesBefore('canceled')
  await readInIndexOrder(tx)
  const { rows } = await sql<CanceledSet>`
    with item as materialized (
      select ${row.merchant_id}::text as merchant_id, ${row.livemode}::boolean as livemode, payment_id
      from cancellation_items
      where cancellation_id = ${row.id} and payment_id > ${row.processed_through}
      order by payment_id limit ${limit}
    ), locked as materialized (
      select i.*, p.status, p.status = any(${cancelable}::text[]) as goes,
        greatest(${row.updated_at}::timestamptz, p.updated_at) as at
      from item i cross join lateral (
        select p.status, p.updated_at from payments p
        where p.merchant_id = i.merchant_id and p.livemode = i.livemode and p.id = i.payment_id
        for no key update
      ) p
    ), moved as (
      update payments p
      set status = 'canceled', sequence = p.sequence + 1, canceled_at = l.at, updated_at = l.at,
        cancellation_reason = ${row.reason}
      from locked l
      where l.goes and p.merchant_id = l.merchant_id and p.livemode = l.livemode
        and p.id = l.payment_id and p.status = any(${cancelable}::text[])
      returning p.id, p.sequence, l.at, l.status as seen_status, p.processor is not null as owes
    ), noted as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
        actor_id, from_status, to_status, reason)
      select ${row.merchant_id}, ${row.livemode}::boolean, id, sequence, 'payment.canceled', at, 'api_key',
        ${row.actor_id}, seen_status, 'canceled', ${row.reason}
      from moved
    ), owed as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
      select ${row.merchant_id}, ${row.livemode}::boolean, id, 'void', at from moved where owes
      on conflict do nothing
    ), excepted as (
      update cancellation_items c
      set outcome = case when l.payment_id is null then 'not_found' else 'refused' end,
        current_status = l.status
      from item i left join locked l on l.payment_id = i.payment_id
      where (l.payment_id is null or not l.goes)
        and c.cancellation_id = ${row.id} and c.payment_id = i.payment_id
    )
    select (select count(*) from item)::integer as taken,
      (select max(payment_id) from item) as last,
      (select count(*) from moved)::integer as canceled,
      (select count(*) from locked where not goes)::integer as refused`.execute(tx)
  const set = rows[0]
  if (!set) throw new Error('counts of a set of a cancellation came without a row')
  return set
}
