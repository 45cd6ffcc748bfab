import { type IdKind, idPrefixes } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import { isCluster } from '../database/cluster/cluster.ts'
import type { Db } from '../database/db.ts'
import type { Schema } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { randomCharacters } from '../domain/ids.ts'

/** Kinds of objects that a list shows in the order of their ids. */
export type ListedKind = Extract<
  IdKind,
  'payment' | 'dispute' | 'cancellation' | 'webhookEndpoint' | 'delivery' | 'key' | 'auditEntry'
>

// Lists are in the order of ids, and an id is a cursor. So no insert may commit an id that is lower
// than an id that a list has shown. The clocks of processes cannot guarantee this: they differ, and
// a transaction with a lower time may commit after one with a higher time. Therefore:
//
// - An insert takes a shared advisory lock of its kind, merchant and mode until it ends, and then
//   its time: the database's clock, or the time after the newest row (`hedge_claim_time`).
// - A list takes its own time in the same way, and then tries the lock (`hedge_read_fence`). If the
//   lock is free, every insert with a lower time is committed, and every later insert gets a higher
//   time. The list shows the ids below its time and misses none.
// - If the lock is taken, the list waits for the transactions that have it, which takes milliseconds.
//   So a client always sees what it has created. The list does not wait for a stuck transaction:
//   objects created after its start are not shown until it has ended.
//
// A list waits only for inserts of the same kind, merchant and mode: no dump and no forgotten session
// delays it. A cursor needs no index, because ids keep their order.
//
// Rejected: a position from a sequence, as events have. Each create would write one more index. It
// needs the same locks or a fence over all transactions, and all merchants would share a sequence.

/** An SQL expression for the id of a row of this statement: the claimed time, then 70 random bits. */
export function idInStatement(kind: ListedKind, account: Account): RawBuilder<string> {
  return sql<string>`(${idPrefixes[kind]} || ${claimedTime(kind, account)}
    || ${randomCharacters(randomLength)})`
}

/** An SQL expression for the time at the start of an id, for a statement that makes its own ids. */
export function claimedTime(
  kind: ListedKind,
  { merchantId, livemode }: { merchantId: unknown; livemode: unknown },
): RawBuilder<string> {
  return sql<string>`hedge_claim_time(${kind}, ${merchantId}::text, ${livemode}::boolean)`
}

/** An SQL expression for the time in an id of `idInStatement`, as a whole second. */
export function timeInId(id: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`hedge_text_time(substr(${id}, strpos(${id}, '_') + 1, 12))`
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

/** Characters after the twelve of the time. The id is as long as an id of `newId`. */
export const randomLength = 14

const tables = {
  payment: 'payments',
  dispute: 'disputes',
  cancellation: 'cancellations',
  webhookEndpoint: 'webhook_endpoints',
  delivery: 'webhook_deliveries',
  key: 'api_keys',
  auditEntry: 'audit_log',
} as const satisfies Record<ListedKind, keyof Schema>

/** The end of a list, and whether its cursor is an object of the list. */
interface Fence {
  /** Every id below it is visible to the next statement, or will never exist. */
  readonly through: string
  /** Whether no transaction may still commit a lower id. */
  readonly isClear: boolean
  /** Whether the list has the object of the cursor, or there is no cursor. */
  readonly hasCursor: boolean
}

interface FencedList {
  readonly kind: ListedKind
  readonly account: Account
  readonly cursor: string | null
}

/**
 * Reads the fence of a list, before the statement that reads the page. One statement, except in a cluster: there
 * Citus would run it on the node of the cursor, where it finds none of the locks of inserts.
 */
export async function readFence(db: Db, list: FencedList): Promise<Fence> {
  if (!isCluster(db)) return await readFenceWith(db, list, cursorExists(list))
  const fence = await readFenceWith(db, list, sql`true`)
  if (list.cursor === null) return fence
  const { rows } = await sql<{ has_cursor: boolean }>`
    select ${cursorExists(list)} as has_cursor`.execute(db)
  return { ...fence, hasCursor: rows[0]?.has_cursor === true }
}

async function readFenceWith(
  db: Db,
  { kind, account }: FencedList,
  hasCursor: RawBuilder<unknown>,
): Promise<Fence> {
  const { rows } = await sql<{ through: string; is_clear: boolean; has_cursor: boolean }>`
    select ${idPrefixes[kind]} || f.through as through, f.is_clear, ${hasCursor} as has_cursor
    from hedge_read_fence(${kind}, ${account.merchantId}, ${account.livemode}) f`.execute(db)
  if (!rows[0]) throw new Error('the database gave no fence')
  const { through, is_clear: isClear, has_cursor } = rows[0]
  return { through, isClear, hasCursor: has_cursor }
}

function cursorExists({ kind, account, cursor }: FencedList): RawBuilder<unknown> {
  return sql`(${cursor}::text is null or exists (
    select from ${sql.table(tables[kind])}
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and id = ${cursor}::text))`
}

/** A transaction that may still commit an id of a list. */
export interface IdClaim {
  readonly transaction: string
  /** The transaction commits no id below this one; `null`: unknown, because another role runs it. */
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
