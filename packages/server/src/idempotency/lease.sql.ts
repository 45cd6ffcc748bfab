import { type Kysely, sql } from 'kysely'
import type { Schema, Timestamp } from '../database/schema.ts'
import type { Account } from '../http/auth.ts'
import type { IdempotencyKey } from '../http/idempotency-key.ts'

/**
 * Claims a key for a request that takes longer than a transaction, or takes it over from a process
 * that died on the same request: its lease has run out. `false`: the record says something else.
 * All moments are real time, whatever a test clock says.
 */
export async function claimLease(
  db: Kysely<Schema>,
  claim: {
    account: Account
    idempotency: IdempotencyKey
    operation: string
    paymentId: string
    now: Timestamp
    until: Timestamp
  },
): Promise<boolean> {
  const { account, idempotency } = claim
  const { rows } = await sql`
    insert into idempotency_records as r (merchant_id, livemode, key, operation, request_hash,
      outcome, payment_id, created_at, locked_until)
    values (${account.merchantId}, ${account.livemode}, ${idempotency.key}, ${claim.operation},
      ${idempotency.requestHash}, 'running', ${claim.paymentId}, ${claim.now}::timestamptz,
      ${claim.until}::timestamptz)
    on conflict (merchant_id, livemode, key) do update set locked_until = excluded.locked_until
      where r.outcome = 'running' and r.operation = excluded.operation
        and r.request_hash = excluded.request_hash and r.locked_until <= ${claim.now}::timestamptz
    returning r.key`.execute(db)
  return rows.length > 0
}

/** Lets the next request with this key go on where this one stopped. */
export async function releaseLease(
  db: Kysely<Schema>,
  { account, key, now }: { account: Account; key: string; now: Timestamp },
): Promise<void> {
  await sql`
    update idempotency_records set locked_until = ${now}::timestamptz
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and key = ${key} and outcome = 'running'`.execute(db)
}
