import { type ApiKeyWithSecret, type KeyId, type Scope, scopes } from '@hedgepayments/contract'
import type { Kysely } from 'kysely'
import { type AuditActor, recordAudit } from '../audit/record.ts'
import type { ApiKeyRow, Schema } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { Timestamp } from '../domain/time.ts'
import type { Budget } from '../http/request/auth.ts'
import { claimId } from '../lists/ids.sql.ts'
import { insertKey, type KeyBounds, renderKey } from './keys.sql.ts'
import { hashSecret, hintOf, type KeyPair, newKeyPair } from './secrets.ts'

/** Requests a minute of a live key. Source: the vendor's documentation. */
const liveRequestsPerMinute = 100
/** Of a test key: so high that only a runaway program meets it. */
const testRequestsPerMinute = 6_000_000

/** Requests a minute of a key that is made without saying how many. */
export function defaultRequestsPerMinute(livemode: boolean): number {
  return livemode ? liveRequestsPerMinute : testRequestsPerMinute
}

/** Limits that a key may share: as many times may a key make one with a lower limit than its own. */
export const sharedBudgetsMax = 8

/**
 * The limits that a key which `maker` makes shares: those of the maker and of the keys the maker
 * descends from. A budget that cannot be the first to run out is left out, so that keys which
 * replace each other do not form a longer and longer chain.
 */
export function sharedBudgetsOf(maker: KeyBounds, { livemode }: Account): Budget[] {
  const budgets = maker.budgets.filter(({ perMinute }, index) => {
    const next = maker.budgets[index + 1]
    return next === undefined || perMinute < next.perMinute
  })
  if (livemode === maker.livemode) return budgets
  // What test keys use must not be missing in live mode: they share a budget of the same size.
  return budgets.map(({ name, perMinute }) => ({ name: `${name} test mode`, perMinute }))
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
    /** The limits it shares with the key that makes it. Default: none, the operator makes it. */
    sharedBudgets?: readonly Budget[]
    pair?: KeyPair
    /** Who makes it, for the log. */
    actor: AuditActor
  },
): Promise<ApiKeyWithSecret> {
  const { account, now } = request
  const shared = request.sharedBudgets ?? []
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
    budget_names: shared.length > 0 ? shared.map(({ name }) => name) : null,
    budget_limits: shared.length > 0 ? shared.map(({ perMinute }) => perMinute) : null,
    created_at: now,
    expires_at: request.expiresAt ?? null,
    revoked_at: null,
  }
  await insertKey(db, row)
  const { scopes: given, name, requests_per_minute, expires_at } = row
  await recordAudit(db, request.actor, {
    action: 'api_key.created',
    target: { type: 'api_key', id: row.id },
    details: { name, scopes: given, requests_per_minute, expires_at },
  })
  return { ...renderKey(row), secret_key: pair.secretKey }
}
