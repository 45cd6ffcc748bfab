import { type ApiKeyWithSecret, type KeyId, type Scope, scopes } from '@hedgepayments/contract'
import { type AuditActor, recordAudit } from '../audit/record.ts'
import type { Db } from '../database/db.ts'
import type { ApiKeyRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { Timestamp } from '../domain/time.ts'
import { type Refusal, refuseField } from '../http/answers/refusal.ts'
import type { Budget } from '../http/request/auth.ts'
import { claimId } from '../lists/ids.sql.ts'
import { insertKey, type KeyBounds, renderKey } from './keys.sql.ts'
import { hashSecret, hintOf, type KeyPair, newKeyPair } from './secrets.ts'

/** Requests per minute of a live key. Source: the vendor's documentation. */
const liveRequestsPerMinute = 100
/** Requests per minute of a test key: so high that only a runaway program reaches it. */
const testRequestsPerMinute = 6_000_000

/** Requests per minute of a key that is created without a limit. */
export function defaultRequestsPerMinute(livemode: boolean): number {
  return livemode ? liveRequestsPerMinute : testRequestsPerMinute
}

/**
 * Budgets that a key may share with the keys it descends from. So at most this many times in a row,
 * a key can create one with a lower limit than its own.
 */
export const sharedBudgetsMax = 8

/**
 * The budgets that a key created by `creator` shares: those of the creator and of the keys that the
 * creator descends from. A budget is omitted if the next one always runs out first, so that a chain
 * of keys that replace each other does not grow.
 */
export function sharedBudgetsOf(creator: KeyBounds, { livemode }: Account): Budget[] {
  const budgets = creator.budgets.filter(({ perMinute }, index) => {
    const next = creator.budgets[index + 1]
    return next === undefined || perMinute < next.perMinute
  })
  if (livemode === creator.livemode) return budgets
  // Test keys must not use up the budgets of live mode: they share separate ones of the same size.
  return budgets.map(({ name, perMinute }) => ({ name: `${name} test mode`, perMinute }))
}

/** Each request counts against all budgets above its key, so their number is limited. */
export function tooDeep(): Refusal {
  return refuseField(
    'Authorization',
    `a key below ${sharedBudgetsMax} higher limits`,
    'a key nearer to the one that the operator made',
  )
}

/**
 * Creates a key pair, in the transaction of the caller. Only the result contains the secret key: the
 * database stores its hash.
 */
export async function createKey(
  db: Db,
  request: {
    account: Account
    now: Timestamp
    name?: string | null
    scopes?: readonly Scope[]
    expiresAt?: Timestamp | null
    requestsPerMinute?: number
    /** The budgets that it shares with the key that creates it. Default: none. */
    sharedBudgets?: readonly Budget[]
    pair?: KeyPair
    /** For the audit log. */
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
