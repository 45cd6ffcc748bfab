import { type IdKind, idPrefixes } from '@hedgepayments/contract'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { randomCharacters } from '../domain/ids.ts'

type Db = Kysely<Schema>

/** Kinds of objects that a list shows in the order of their ids. */
export type ListedKind = Extract<
  IdKind,
  'payment' | 'cancellation' | 'webhookEndpoint' | 'delivery' | 'key' | 'auditEntry'
>

// Lists are in the order of ids, and an id is a cursor. So no insert may commit an id that is lower
// than one that a list has shown. The clock of a process does not give that: clocks differ, and of
// two transactions the one that took the lower time may commit last. Therefore:
//
// - An insert takes a shared advisory lock of its kind, merchant and mode until it ends, and then
//   its time: that of the database's clock, or the one after the newest row (`hedge_claim_time`).
// - A list takes its own time in the same way, and then asks whether anybody has the lock
//   (`hedge_read_fence`). If nobody has, every insert with a lower time is committed, and every
//   later one gets a higher time. The list shows ids below its time and misses none.
// - Otherwise it waits for the transactions that have the lock, which takes milliseconds. So a
//   client always sees what it has created. One that stands still is not waited for: what was
//   created since it began is not shown until it has ended.
//
// Only inserts of the same kind, merchant and mode are waited for: a dump or a forgotten session
// holds up no list. A cursor is found without an index of its own, as ids keep their order.
//
// Rejected: a position from a sequence, as events have. It costs each create one more index, needs
// the same locks or a fence over all transactions, and a sequence is one for all merchants.

/** An id for a row of this statement: the time by commits, then 70 random bits. */
export function idInStatement(kind: ListedKind, account: Account): RawBuilder<string> {
  return sql<string>`(${idPrefixes[kind]} || ${claimedTime(kind, account)}
    || ${randomCharacters(randomLength)})`
}

/** The time that an id begins with, for a statement that makes ids itself. */
export function claimedTime(
  kind: ListedKind,
  { merchantId, livemode }: { merchantId: unknown; livemode: unknown },
): RawBuilder<string> {
  return sql<string>`hedge_claim_time(${kind}, ${merchantId}::text, ${livemode}::boolean)`
}

/** A new id for a row that the same transaction inserts. */
export async function claimId<T extends string>(
  tx: Db,
  { kind, account }: { kind: ListedKind; account: Account },
): Promise<T> {
  const { rows } = await sql<{ id: T }>`select ${idInStatement(kind, account)} as id`.execute(tx)
  if (!rows[0]) throw new Error('the database made no id')
  return rows[0].id
}

/** Characters after the twelve of the time: an id is as long as those of `newId`. */
const randomLength = 14

const tables = {
  payment: 'payments',
  cancellation: 'cancellations',
  webhookEndpoint: 'webhook_endpoints',
  delivery: 'webhook_deliveries',
  key: 'api_keys',
  auditEntry: 'audit_log',
} as const satisfies Record<ListedKind, keyof Schema>

/** Where a list has to end, and whether its cursor is an object of the list. */
interface Fence {
  /** Every id below it is visible to the next statement, or will never exist. */
  readonly through: string
  /** Whether no transaction may still commit a lower id. */
  readonly isClear: boolean
  readonly isCursorKnown: boolean
}

/** Reads the fence of a list. To be run before the statement that reads the page. */
export async function readFence(
  db: Db,
  { kind, account, cursor }: { kind: ListedKind; account: Account; cursor: string | null },
): Promise<Fence> {
  const { rows } = await sql<{ through: string; is_clear: boolean; is_cursor_known: boolean }>`
    select ${idPrefixes[kind]} || f.through as through, f.is_clear,
      ${cursor}::text is null or exists (
        select from ${sql.table(tables[kind])}
        where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
          and id = ${cursor}::text
      ) as is_cursor_known
    from hedge_read_fence(${kind}, ${account.merchantId}, ${account.livemode}) f`.execute(db)
  if (!rows[0]) throw new Error('the database gave no fence')
  const { through, is_clear: isClear, is_cursor_known: isCursorKnown } = rows[0]
  return { through, isClear, isCursorKnown }
}

/** A transaction that may still commit an id of a list. */
export interface IdClaim {
  readonly transaction: string
  /** No id of it is below this one; `null`: unknown, as it is another role's. */
  readonly since: string | null
  readonly age_seconds: number | null
}

/** The transactions that may commit ids of a list now. */
export async function findClaims(
  db: Db,
  { kind, account }: { kind: ListedKind; account: Account },
): Promise<IdClaim[]> {
  const { rows } = await sql<IdClaim>`
    select transaction, ${idPrefixes[kind]} || since as since, age_seconds
    from hedge_id_claims(${kind}, ${account.merchantId}, ${account.livemode})`.execute(db)
  return rows
}
