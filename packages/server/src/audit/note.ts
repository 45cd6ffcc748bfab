import type { AuditAction, AuditActorType, AuditTargetType } from '@hedgepayments/contract'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import type { Auth, Origin } from '../http/request/auth.ts'
import { insertEntry } from './audit.sql.ts'

/** What was done to what. `details` are for reading later: nothing in them may be a secret. */
export interface Deed {
  readonly action: AuditAction
  readonly target: { readonly type: AuditTargetType; readonly id: string }
  readonly details?: Readonly<Record<string, unknown>>
}

/** In whose log, who did it, and by which request: `null` where there was none. */
export interface Doer {
  readonly account: Account
  readonly actor: { readonly type: AuditActorType; readonly id: string | null }
  readonly origin: Origin | null
}

/** Who asks, as the log names it. */
export function doerOf({ auth, origin }: { auth: Auth; origin: Origin }): Doer {
  const type = auth.byDashboard ? 'dashboard' : 'api_key'
  return { account: auth, actor: { type, id: auth.keyId }, origin }
}

/** Whoever has the database: the server at its first start, or the command line beside it. */
export function databaseDoer(type: 'system' | 'operator', account: Account): Doer {
  return { account, actor: { type, id: null }, origin: null }
}

/**
 * Writes down what an administrator does, in the transaction that does it: neither is there without
 * the other. By the real time, whatever the test clock says.
 */
export async function note(
  tx: Kysely<Schema>,
  { account, actor, origin }: Doer,
  { action, target, details = {} }: Deed,
): Promise<void> {
  await insertEntry(tx, {
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
  })
}

/** The fields that a change gives another value, each with the one before: `{name: {from, to}}`. */
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
