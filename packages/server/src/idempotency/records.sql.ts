import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { IdempotencyRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { LeaseToken } from './lease.sql.ts'

/** Reads the record of a key. */
export async function findRecord(
  db: Db,
  { account, key }: { account: Account; key: string },
): Promise<IdempotencyRow | undefined> {
  const { rows } = await sql<IdempotencyRow>`
    select * from idempotency_records
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and key = ${key}`.execute(db)
  return rows[0]
}

/** Reads the record of a key and locks it until the transaction ends. */
export async function lockRecord(
  db: Db,
  { account, key }: { account: Account; key: string },
): Promise<IdempotencyRow | undefined> {
  const { rows } = await sql<IdempotencyRow>`
    select * from idempotency_records
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and key = ${key}
    for update`.execute(db)
  return rows[0]
}

/** Claims a key for a request. `false`: the key has a record. */
export async function claimKey(
  db: Db,
  claim: {
    account: Account
    key: string
    operation: string
    requestHash: Buffer
  },
): Promise<boolean> {
  const { rows } = await sql`
    insert into idempotency_records (merchant_id, livemode, key, operation, request_hash, outcome,
      created_at)
    values (${claim.account.merchantId}, ${claim.account.livemode}, ${claim.key},
      ${claim.operation}, ${claim.requestHash}, 'running', now())
    on conflict do nothing
    returning key`.execute(db)
  return rows.length > 0
}

/**
 * Stores the first answer to a key, to be replayed. It writes only while the key has no answer and
 * still belongs to the caller: by the token of its lease or, with the token `null`, because this
 * transaction has claimed the key. `false`: nothing was written, and another request's answer counts.
 */
export async function storeAnswer(
  db: Db,
  stored: {
    account: Account
    key: string
    token: LeaseToken | null
    httpStatus: number
    body: string
    eventSequence: number | null
  },
): Promise<boolean> {
  const { rows } = await sql`
    update idempotency_records
    set outcome = 'stored', http_status = ${stored.httpStatus}, body = ${stored.body},
      event_sequence = ${stored.eventSequence}::integer, locked_until = null
    where merchant_id = ${stored.account.merchantId} and livemode = ${stored.account.livemode}
      and key = ${stored.key} and outcome = 'running'
      and lease_token is not distinct from ${stored.token}::bigint
    returning key`.execute(db)
  return rows.length > 0
}
