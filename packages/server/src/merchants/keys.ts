import { type ApiKeyWithSecret, type KeyId, type Scope, scopes } from '@hedgepayments/contract'
import type { Kysely } from 'kysely'
import { type Doer, note } from '../audit/note.ts'
import type { ApiKeyRow, Schema, Timestamp } from '../database/schema.ts'
import type { Account } from '../http/auth.ts'
import { claimId } from '../lists/ids.sql.ts'
import { insertKey, renderKey } from './keys.sql.ts'
import { hashSecret, hintOf, type KeyPair, newKeyPair } from './secrets.ts'

/** Requests a minute of a live key. Source: the vendor's documentation. */
const liveRequestsPerMinute = 100
/** Of a test key: so high that only a runaway program meets it. */
const testRequestsPerMinute = 6_000_000

/** Requests a minute of a key that is made without saying how many. */
export function defaultRequestsPerMinute(livemode: boolean): number {
  return livemode ? liveRequestsPerMinute : testRequestsPerMinute
}

/** Makes a key pair, in a transaction of the caller's. The secret is in what it returns and nowhere else. */
export async function createKey(
  db: Kysely<Schema>,
  request: {
    account: Account
    now: Timestamp
    name?: string | null
    scopes?: readonly Scope[]
    expiresAt?: Timestamp | null
    requestsPerMinute?: number
    pair?: KeyPair
    /** Who makes it, for the log. */
    doer: Doer
  },
): Promise<ApiKeyWithSecret> {
  const { account, now } = request
  const pair = request.pair ?? newKeyPair(account.livemode)
  const row: ApiKeyRow = {
    id: await claimId<KeyId>(db, { kind: 'key', account }),
    merchant_id: account.merchantId,
    livemode: account.livemode,
    name: request.name ?? null,
    publishable_key: pair.publishableKey,
    secret_hash: hashSecret(pair.secretKey),
    secret_hint: hintOf(pair.secretKey),
    scopes: [...(request.scopes ?? scopes)],
    requests_per_minute: request.requestsPerMinute ?? defaultRequestsPerMinute(account.livemode),
    created_at: now,
    expires_at: request.expiresAt ?? null,
    revoked_at: null,
  }
  await insertKey(db, row)
  const { scopes: given, name, requests_per_minute, expires_at } = row
  await note(db, request.doer, {
    action: 'api_key.created',
    target: { type: 'api_key', id: row.id },
    details: { name, scopes: given, requests_per_minute, expires_at },
  })
  return { ...renderKey(row), secret_key: pair.secretKey }
}
