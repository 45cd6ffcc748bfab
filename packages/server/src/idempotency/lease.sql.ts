import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { Account } from '../domain/account.ts'
import type { IdempotencyKey } from '../http/request/idempotency-key.ts'

// A lease says how long other requests with a key wait before one of them takes over. The fencing
// token says which request may write, because a process can stop for longer than its lease between
// any two statements. Each claim gets a new token, and every statement that writes for a request
// checks the token in its WHERE clause.
//
// The database's clock decides when a lease ends. `now()` is the start of the transaction, so a
// lease is never longer than `seconds`, and may be shorter. `clock_timestamp()` would be exact, but
// distributed engines refuse volatile functions in an update. They refuse `now()` beside a conflict as
// well, so a lease is compared with the time of the row that would be inserted: both are whole seconds.

/** The fencing token of a lease: a bigint, as text. */
export type LeaseToken = string & { readonly brand: 'lease token' }

/** The lease on an idempotency key. It may have ended, or another request may have taken the key over. */
export interface KeyLease {
  readonly account: Account
  readonly key: string
  readonly token: LeaseToken
}

/**
 * Claims a key for a request that takes longer than a transaction, or takes the key over when the lease
 * of the same request has ended. `null`: the record is another request's, in progress or answered.
 */
export async function claimLease(
  db: Db,
  claim: {
    account: Account
    idempotency: IdempotencyKey
    operation: string
    paymentId: string
    seconds: number
  },
): Promise<KeyLease | null> {
  const { account, idempotency } = claim
  const { rows } = await sql<{ token: LeaseToken }>`
    insert into idempotency_records as r (merchant_id, livemode, key, operation, request_hash,
      outcome, payment_id, created_at, locked_until, lease_token)
    values (${account.merchantId}, ${account.livemode}, ${idempotency.key}, ${claim.operation},
      ${idempotency.requestHash}, 'running', ${claim.paymentId}, date_trunc('second', now()),
      ${keyLeaseEnd(claim.seconds)},
      ${nextLeaseToken})
    on conflict (merchant_id, livemode, key) do update
      set locked_until = excluded.locked_until, lease_token = excluded.lease_token
      where r.outcome = 'running' and r.operation = excluded.operation
        and r.request_hash = excluded.request_hash and r.locked_until <= excluded.created_at
    returning r.lease_token as token`.execute(db)
  const token = rows[0]?.token
  return token === undefined ? null : { account, key: idempotency.key, token }
}

/**
 * Starts the time of a lease again, and locks its record until the transaction ends. `false`: another
 * request has taken the key over, or the key is answered.
 */
export async function renewLease(
  db: Db,
  { lease, seconds }: { lease: KeyLease; seconds: number },
): Promise<boolean> {
  const { rows } = await sql`
    update idempotency_records set locked_until = ${keyLeaseEnd(seconds)}
    where ${isCurrent(lease)}
    returning key`.execute(db)
  return rows.length > 0
}

/**
 * Ends a lease, so that the next request with this key continues where this one stopped. `false`:
 * another request has taken the key over, or the key is answered.
 */
export async function releaseLease(db: Db, lease: KeyLease): Promise<boolean> {
  const { rows } = await sql`
    update idempotency_records set locked_until = date_trunc('second', now())
    where ${isCurrent(lease)}
    returning key`.execute(db)
  return rows.length > 0
}

/** The next fencing token, for the statement that claims a key. */
const nextLeaseToken = sql`nextval('idempotency_lease_tokens')`

/** The end of a lease that is claimed now, in whole seconds: truncated, never rounded up. */
function keyLeaseEnd(seconds: number) {
  return sql`date_trunc('second', now() + make_interval(secs => ${seconds}))`
}

function isCurrent({ account, key, token }: KeyLease) {
  return sql`merchant_id = ${account.merchantId} and livemode = ${account.livemode}
    and key = ${key} and outcome = 'running' and lease_token = ${token}::bigint`
}
