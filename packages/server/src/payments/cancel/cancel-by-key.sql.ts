import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { IdempotencyRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'

/**
 * Stores a cancel whose create has not arrived. It takes the place of the create's record, so the
 * unique key decides which of the two is first.
 *
 * @returns `undefined` where the key has a record already.
 */
export async function insertAwaitedCancel(
  db: Db,
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

/** Deletes an awaited cancel, unless a create or a later cancel has replaced it. */
export async function deleteAwaitedCancel(
  db: Db,
  { account, key, createdAt }: { account: Account; key: string; createdAt: Timestamp },
): Promise<void> {
  await sql`
    delete from idempotency_records
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode} and key = ${key}
      and outcome = 'awaited' and created_at = ${createdAt}::timestamptz`.execute(db)
}
