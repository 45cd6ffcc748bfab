import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { IdempotencyKey } from '../http/request/idempotency-key.ts'

type Db = Kysely<Schema>

// A lease says how long other requests with a key wait before one of them takes over. It does not
// say who may write: a process can stop for longer than its lease between any two statements. The
// fencing token says that. Each claim gets a new one, and every statement that writes for a request
// names its token in its WHERE clause.
//
// The database's clock decides when a lease ends. `now()` is the start of the transaction, so a
// lease is never longer than `seconds`, but may be shorter. `clock_timestamp()` would be exact, but is
// volatile, which distributed engines refuse in an update.

/** The fencing token of a lease: a bigint, as text. */
export type LeaseToken = string & { readonly brand: 'lease token' }

/** The lease of a key that a request holds, or has held. */
export interface Lease {
  readonly account: Account
  readonly key: string
  readonly token: LeaseToken
}

/**
 * Claims a key for a request that takes longer than a transaction, or takes it over from a process
 * whose lease has ended on the same request. `null`: the record says something else.
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
): Promise<Lease | null> {
  const { account, idempotency } = claim
  const { rows } = await sql<{ token: LeaseToken }>`
    insert into idempotency_records as r (merchant_id, livemode, key, operation, request_hash,
      outcome, payment_id, created_at, locked_until, lease_token)
    values (${account.merchantId}, ${account.livemode}, ${idempotency.key}, ${claim.operation},
      ${idempotency.requestHash}, 'running', ${claim.paymentId}, now(), ${leaseEnd(claim.seconds)},
      ${nextToken})
    on conflict (merchant_id, livemode, key) do update
      set locked_until = excluded.locked_until, lease_token = excluded.lease_token
      where r.outcome = 'running' and r.operation = excluded.operation
        and r.request_hash = excluded.request_hash and r.locked_until <= now()
    returning r.lease_token as token`.execute(db)
  const token = rows[0]?.token
  return token === undefined ? null : { account, key: idempotency.key, token }
}

/**
 * Makes a lease run from now on again, and keeps other requests from taking it over until the
 * transaction ends. `false`: another request has taken it over, or the key is answered.
 */
export async function renewLease(
  db: Db,
  { lease, seconds }: { lease: Lease; seconds: number },
): Promise<boolean> {
  const { rows } = await sql`
    update idempotency_records set locked_until = ${leaseEnd(seconds)}
    where ${isCurrent(lease)}
    returning key`.execute(db)
  return rows.length > 0
}

/**
 * Lets the next request with this key continue where this one stopped. `false`: another request has
 * taken it over, or the key is answered.
 */
export async function releaseLease(db: Db, lease: Lease): Promise<boolean> {
  const { rows } = await sql`
    update idempotency_records set locked_until = date_trunc('second', now())
    where ${isCurrent(lease)}
    returning key`.execute(db)
  return rows.length > 0
}

/** The next fencing token, for the statement that claims a key. */
export const nextToken = sql`nextval('idempotency_lease_tokens')`

/** When a lease ends that is claimed now. The column has whole seconds: cut off, never rounded up. */
export function leaseEnd(seconds: number) {
  return sql`date_trunc('second', now() + make_interval(secs => ${seconds}))`
}

function isCurrent({ account, key, token }: Lease) {
  return sql`merchant_id = ${account.merchantId} and livemode = ${account.livemode}
    and key = ${key} and outcome = 'running' and lease_token = ${token}::bigint`
}
