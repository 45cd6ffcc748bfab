import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Account } from '../domain/account.ts'

/** Whose data is erased: a customer of one merchant and mode. */
export interface Customer {
  readonly account: Account
  /** Ids of the customer at the merchant, e-mail addresses, and ids of payments. */
  readonly identifiers: readonly string[]
}

/** An e-mail address with A to Z in lower case, as lists compare it. */
export function folded(address: string): string {
  return address.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Whether rows `name` with an address and an id of the customer are of this one. */
export function isOf(name: string, { identifiers }: Customer): RawBuilder<SqlBool> {
  const addresses = identifiers.map(folded)
  return sql<SqlBool>`(lower(${sql.ref(`${name}.customer_email`)}) = any(${addresses}::text[])
    or ${sql.ref(`${name}.customer_id`)} = any(${identifiers}::text[])
    or ${sql.ref(`${name}.id`)} = any(${identifiers}::text[]))`
}

/** A condition that rows `name` are of the account. */
export function inAccount(name: string, { merchantId, livemode }: Account): RawBuilder<SqlBool> {
  return sql<SqlBool>`${sql.ref(`${name}.merchant_id`)} = ${merchantId}
    and ${sql.ref(`${name}.livemode`)} = ${livemode}::boolean`
}

/** Rows that were changed, by table. */
export type Changed = Readonly<Record<string, number>>

/** The sum of two counts. */
export function addChanged(a: Changed, b: Changed): Changed {
  const tables = new Set([...Object.keys(a), ...Object.keys(b)])
  return Object.fromEntries(
    [...tables].map((table) => [table, (a[table] ?? 0) + (b[table] ?? 0)] as const),
  )
}

/** The number of rows that a statement has changed. */
export function countOf({ numAffectedRows }: { numAffectedRows?: bigint }): number {
  return Number(numAffectedRows ?? 0n)
}
