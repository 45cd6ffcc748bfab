import { type RawBuilder, sql } from 'kysely'
import { isCluster, onNode } from '../database/cluster/cluster.ts'
import type { Db } from '../database/db.ts'
import { groupByAccount } from '../domain/account.ts'
import { isServedHere } from '../jobs/lease.sql.ts'

/**
 * The minimum time to keep the record of an idempotency key, in seconds. Promised in
 * docs/canceling-payments.md, "Repeat a request safely".
 */
export const recordSecondsKept = 24 * 3_600

/** Records are kept longer by this time, so that no key ends early where the clocks of machines differ. */
const clockSkewSecondsMax = 3_600
/** Records read in one step: some milliseconds, however many are deleted. */
const readPerStep = 2_000

const keptSeconds = sql`make_interval(secs => ${recordSecondsKept + clockSkewSecondsMax})`

/** The merchant, mode and key of a record. */
type RecordKey = [merchantId: string, livemode: boolean, key: string]

// A step reads the next records in the order of their keys. Tried and lost: the order of
// `created_at`. Its BRIN index costs a create almost nothing, but never narrows when rows are deleted:
// once their pages are used again, the index finds old records on every page, and each step reads
// the whole table. A B-tree would be one more index to write for every create and cancel.
//
// Records are locked in the order of their keys, and locked records are skipped, so retention never
// waits for a request. A record whose request is in progress is kept, however old it is.
//
// A cancel by key finds its payment by the record of the create. That record is kept while the
// payment can still be canceled, which may take weeks, and for a day after that. Until then the answer
// to the cancel is the payment's status, and not that its create is awaited. The day is counted by
// the merchant's clock, like `updated_at`. Rejected: the key as an indexed column of the payment. Each
// create would write that index, and a key that is used again would need a rule.
/**
 * Deletes old records among the next ones after `reached`.
 *
 * @param openStatuses statuses of payments that may still be canceled.
 * @returns the last record that was read; `null`: there are no more.
 */
export async function dropOldRecords(
  db: Db,
  { reached, openStatuses }: { reached: RecordKey | null; openStatuses: readonly string[] },
): Promise<RecordKey | null> {
  if (isCluster(db)) return await dropInCluster(db, { reached, openStatuses })
  const [merchantId, livemode, key] = reached ?? ['', false, '']
  const { rows } = await sql<{ read: number; last: RecordKey | null }>`
    with next as materialized (
      select merchant_id, livemode, key, row_number() over () as n,
        created_at < now() - ${keptSeconds} as is_old
      from (
        select merchant_id, livemode, key, created_at from idempotency_records
        where (merchant_id, livemode, key) > (${merchantId}, ${livemode}::boolean, ${key})
        order by merchant_id, livemode, key limit ${readPerStep}
      ) r
    ), locked as materialized (
      select n.merchant_id, n.livemode, n.key from next n cross join lateral (
        select from idempotency_records r
        where r.merchant_id = n.merchant_id and r.livemode = n.livemode and r.key = n.key
          and r.created_at < now() - ${keptSeconds}
          and not ${isNeededByCancels(openStatuses)}
          and (r.locked_until is null or r.locked_until < now()) and ${isServedHere('r')}
        for update skip locked
      ) r
      where n.is_old
    ), dropped as (
      delete from idempotency_records r using locked l
      where r.merchant_id = l.merchant_id and r.livemode = l.livemode and r.key = l.key
    )
    select count(*)::integer as read, (
      select jsonb_build_array(merchant_id, livemode, key) from next order by n desc limit 1
    ) as last from next`.execute(db)
  const step = rows[0]
  return step?.read === readPerStep ? step.last : null
}

/** Whether a record `r` is that of a create whose payment can be canceled, or has changed within a day. */
function isNeededByCancels(
  openStatuses: readonly string[],
  onNodeOfPayment: RawBuilder<unknown> = sql``,
): RawBuilder<boolean> {
  return sql<boolean>`(r.operation = 'createPayment' and r.payment_id is not null and exists (
            select 1 from payments p left join test_clocks c
              on c.merchant_id = p.merchant_id and not p.livemode
            where p.merchant_id = r.merchant_id and p.livemode = r.livemode
              and p.id = r.payment_id ${onNodeOfPayment}
              and (p.status = any(${openStatuses}::text[]) or p.updated_at > now()
                + make_interval(secs => coalesce(c.offset_seconds, 0)) - ${keptSeconds})
          ))`
}

/**
 * The same in a cluster: it reads the next records of all nodes without a lock. Then it locks and deletes those
 * of each account by themselves, unless a request has used them meanwhile.
 */
async function dropInCluster(
  db: Db,
  { reached, openStatuses }: { reached: RecordKey | null; openStatuses: readonly string[] },
): Promise<RecordKey | null> {
  const [merchantId, livemode, key] = reached ?? ['', false, '']
  const { rows } = await sql<{
    merchant_id: string
    livemode: boolean
    key: string
    is_old: boolean
  }>`
    select merchant_id, livemode, key, created_at < now() - ${keptSeconds} as is_old
    from idempotency_records
    where (merchant_id, livemode, key) > (${merchantId}, ${livemode}::boolean, ${key})
    order by merchant_id, livemode, key limit ${readPerStep}`.execute(db)
  for (const [account, records] of groupByAccount(rows.filter((row) => row.is_old))) {
    await sql`
      delete from idempotency_records
      where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
        and key = any(array(
          select r.key from idempotency_records r
          where r.merchant_id = ${account.merchantId} and r.livemode = ${account.livemode}
            and r.key = any(${records.map((record) => record.key)}::text[])
            and r.created_at < now() - ${keptSeconds}
            and not ${isNeededByCancels(openStatuses, onNode(db, 'p', account))}
            and (r.locked_until is null or r.locked_until < now())
          order by r.key for update skip locked))`.execute(db)
  }
  const last = rows.at(-1)
  return last && rows.length === readPerStep ? [last.merchant_id, last.livemode, last.key] : null
}
