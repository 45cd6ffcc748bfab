import { type Kysely, sql } from 'kysely'
import type { IdempotencyRow, Schema } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'

/**
 * Promises to cancel the payment of a create that has not come: takes the place of its record, so
 * that of the two only one can be first. `undefined`: there is a record of the key already.
 */
export async function insertAwaited(
  db: Kysely<Schema>,
  awaited: {
    account: Account
    key: string
    reason: string | null
    actorId: string
    now: Timestamp
  },
): Promise<IdempotencyRow | undefined> {
  const { rows } = await sql<IdempotencyRow>`
    insert into idempotency_records (merchant_id, livemode, key, operation, outcome, reason,
      actor_id, created_at)
    values (${awaited.account.merchantId}, ${awaited.account.livemode}, ${awaited.key},
      'createPayment', 'awaited', ${awaited.reason}, ${awaited.actorId}, ${awaited.now}::timestamptz)
    on conflict do nothing
    returning *`.execute(db)
  return rows[0]
}

/** Drops a promise that was made at a moment, unless a create has come or it was made anew. */
export async function dropAwaited(
  db: Kysely<Schema>,
  { account, key, madeAt }: { account: Account; key: string; madeAt: Timestamp },
): Promise<void> {
  await sql`
    delete from idempotency_records
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode} and key = ${key}
      and outcome = 'awaited' and created_at = ${madeAt}::timestamptz`.execute(db)
}
