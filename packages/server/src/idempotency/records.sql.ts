import { type Kysely, sql } from 'kysely'
import type { IdempotencyRow, Schema, Timestamp } from '../database/schema.ts'
import type { Account } from '../http/auth.ts'

type Db = Kysely<Schema>

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

/** Reads the record of a key and keeps others from changing it until the transaction ends. */
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

/** Claims a key for a request that runs. `false`: there is a record already. */
export async function claimKey(
  db: Db,
  claim: {
    account: Account
    key: string
    operation: string
    requestHash: Buffer
    now: Timestamp
  },
): Promise<boolean> {
  const { rows } = await sql`
    insert into idempotency_records (merchant_id, livemode, key, operation, request_hash, outcome,
      created_at)
    values (${claim.account.merchantId}, ${claim.account.livemode}, ${claim.key},
      ${claim.operation}, ${claim.requestHash}, 'running', ${recordedAt(claim.now)})
    on conflict do nothing
    returning key`.execute(db)
  return rows.length > 0
}

/**
 * When a record is made. How long it is kept is real time: by a test clock that is years ahead, or
 * the clock of a process that is, it would be kept for as long.
 */
export function recordedAt(now: Timestamp) {
  return sql`least(${now}::timestamptz, now())`
}

/** Keeps the first answer to a key, to be told again. */
export async function storeAnswer(
  db: Db,
  stored: {
    account: Account
    key: string
    httpStatus: number
    body: string
    eventSequence: number | null
  },
): Promise<void> {
  await sql`
    update idempotency_records
    set outcome = 'stored', http_status = ${stored.httpStatus}, body = ${stored.body},
      event_sequence = ${stored.eventSequence}::integer, locked_until = null
    where merchant_id = ${stored.account.merchantId} and livemode = ${stored.account.livemode}
      and key = ${stored.key}`.execute(db)
}
