import type { AuditAction, AuditActorType, AuditTargetType } from '@hedgepayments/contract'
import type { Db } from '../database/db.ts'
import type { Account } from '../domain/account.ts'
import type { Auth, Origin } from '../http/request/auth.ts'
import { insertEntry, type NewEntry } from './audit.sql.ts'

/** What an administrator did, and to which object. `details` must not contain secrets. */
export interface AuditedAction {
  readonly action: AuditAction
  readonly target: { readonly type: AuditTargetType; readonly id: string }
  readonly details?: Readonly<Record<string, unknown>>
}

/** Who did it, and whose log records it. */
export interface AuditActor {
  /** The merchant and mode whose audit log gets the entry. */
  readonly account: Account
  readonly actor: { readonly type: AuditActorType; readonly id: string | null }
  /** The request that did it; `null`: it was done without a request. */
  readonly origin: Origin | null
}

/** The actor of an authenticated request: its API key, or a session of the dashboard. */
export function actorOf({ auth, origin }: { auth: Auth; origin: Origin }): AuditActor {
  const type = auth.byDashboard ? 'dashboard' : 'api_key'
  return { account: auth, actor: { type, id: auth.keyId }, origin }
}

/** The actor of a change that comes from the server itself, or from an operator's CLI beside it. */
export function databaseActor(type: 'system' | 'operator', account: Account): AuditActor {
  return { account, actor: { type, id: null }, origin: null }
}

/**
 * Adds an entry to the audit log, in the transaction of the action: both commit or neither does. The
 * entry has the real time, because a merchant can advance the test clock.
 */
export async function recordAudit(tx: Db, actor: AuditActor, action: AuditedAction): Promise<void> {
  await insertEntry(tx, entryOf(actor, action))
}

/** The entry of an action. */
export function entryOf(
  { account, actor, origin }: AuditActor,
  { action, target, details = {} }: AuditedAction,
): NewEntry {
  return {
    merchant_id: account.merchantId,
    livemode: account.livemode,
    action,
    actor_type: actor.type,
    actor_id: actor.id,
    target_type: target.type,
    target_id: target.id,
    details: JSON.stringify(details),
    request_id: origin?.requestId ?? null,
    address: origin?.address ?? null,
  }
}

/** The fields whose values differ, as `{name: {from, to}}`, for the details of an audit entry. */
export function changesOf<Row extends object>(
  before: Row,
  after: Row,
  fields: readonly (keyof Row & string)[],
): Record<string, { from: unknown; to: unknown }> {
  return Object.fromEntries(
    fields
      .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
      .map((field) => [field, { from: before[field], to: after[field] }]),
  )
}
