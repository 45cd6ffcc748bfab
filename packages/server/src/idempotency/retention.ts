import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

/** How long the record of an idempotency key is kept at least, in seconds. Source: api.md. */
export const recordSecondsKept = 24 * 3_600

/** The clocks of the processes and the database's may differ by this without a key going early. */
const clockSkewSecondsMax = 3_600
/** Records looked at in one step: some milliseconds of reading, whatever is dropped. */
const lookedAtPerStep = 2_000

/** The last record that was looked at: its merchant, mode and key. */
type RecordKey = [merchantId: string, livemode: boolean, key: string]

// The records are gone through in the order of their key, some at a time. What was tried and lost:
// going by `created_at`. Its index is a BRIN, which costs a create next to nothing, but which never
// narrows when rows are deleted: once their pages are used again, it finds old records everywhere
// and a look for a few of them reads the whole table. A B-tree would be an index more to write for
// every create and cancel.
//
// Records are locked in the order of their key and those in use are skipped, so that this never
// waits for a request. A record whose request still runs is kept, however old it is.
//
// The record of a create is what a cancel by its key finds the payment by. It is kept while the
// payment may still be canceled, which may be weeks, and for a day after that: until then the
// answer to such a cancel is the payment's status, and not that a create is awaited. The day is by
// the merchant's clock, as `updated_at` is. Rejected: the key as a column of the payment, with an
// index. Each create would write that index, and a key that was used again would need a rule.
/**
 * Deletes records that are older than they have to be kept, from those that follow `reached`.
 *
 * @param openStatuses statuses of payments that may still be canceled.
 * @returns the last record that was read; `null`: there are no more.
 */
export async function dropOldRecords(
  db: Kysely<Schema>,
  { reached, openStatuses }: { reached: RecordKey | null; openStatuses: readonly string[] },
): Promise<RecordKey | null> {
  const keptSeconds = sql`make_interval(secs => ${recordSecondsKept + clockSkewSecondsMax})`
  const [merchantId, livemode, key] = reached ?? ['', false, '']
  const { rows } = await sql<{ looked_at: number; last: RecordKey | null }>`
    with looked as materialized (
      select merchant_id, livemode, key, row_number() over () as n,
        created_at < now() - ${keptSeconds} as is_old
      from (
        select merchant_id, livemode, key, created_at from idempotency_records
        where (merchant_id, livemode, key) > (${merchantId}, ${livemode}::boolean, ${key})
        order by merchant_id, livemode, key limit ${lookedAtPerStep}
      ) next
    ), locked as materialized (
      select l.merchant_id, l.livemode, l.key from looked l cross join lateral (
        select from idempotency_records r
        where r.merchant_id = l.merchant_id and r.livemode = l.livemode and r.key = l.key
          and r.created_at < now() - ${keptSeconds}
          and not (r.operation = 'createPayment' and r.payment_id is not null and exists (
            select from payments p left join test_clocks c
              on c.merchant_id = p.merchant_id and not p.livemode
            where p.merchant_id = r.merchant_id and p.livemode = r.livemode
              and p.id = r.payment_id
              and (p.status = any(${openStatuses}::text[]) or p.updated_at > now()
                + make_interval(secs => coalesce(c.offset_seconds, 0)) - ${keptSeconds})
          ))
          and (r.locked_until is null or r.locked_until < now())
        for update skip locked
      ) r
      where l.is_old
    ), dropped as (
      delete from idempotency_records r using locked l
      where r.merchant_id = l.merchant_id and r.livemode = l.livemode and r.key = l.key
    )
    select count(*)::integer as looked_at, (
      select jsonb_build_array(merchant_id, livemode, key) from looked order by n desc limit 1
    ) as last from looked`.execute(db)
  const step = rows[0]
  return step?.looked_at === lookedAtPerStep ? step.last : null
}
