import { type RawBuilder, sql } from 'kysely'
import { type Lease, newLease } from './lease.ts'

// Rows that are claimed for a time have two columns: `lease`, the fencing token of the claim, and
// `leased_until`. Leases begin and end by the database's clock: the clock of a process may be wrong.

/** Assigns a new claim to a row, for an UPDATE's SET. All rows of one statement share the token. */
export function claimFor(seconds: number): RawBuilder<unknown> {
  return sql`lease = ${newLease()}, leased_until = ${leaseEnd(seconds)}`
}

/** Ends the claim of a row, for an UPDATE's SET. */
export const released: RawBuilder<unknown> = sql`lease = null, leased_until = null`

/** The end of a lease that begins now. */
export function leaseEnd(seconds: number): RawBuilder<unknown> {
  return sql`now() + make_interval(secs => ${seconds})`
}

/** Whether a row may be claimed: it has no lease, or its lease has ended. */
export function isFree(alias: string): RawBuilder<unknown> {
  const until = sql.ref(`${alias}.leased_until`)
  return sql`(${until} is null or ${until} <= now())`
}

/**
 * Whether work on a row may be done here: its merchant is not moving to or from another cell, and has not moved
 * away. Every statement that finds work of several merchants has it. The list is read once for the statement, in
 * its snapshot, so rows that a move has copied are never seen without the row that stops them.
 *
 * Rejected: `not exists`, which the planner turns into a join, and then reads in another order.
 */
export function isServedHere(alias: string): RawBuilder<unknown> {
  return sql`${sql.ref(alias)}.${sql.raw(servedHere)}`
}

/** The text of `isServedHere`, for rows of one table. */
export const servedHere = `merchant_id <> all(array(
    select m.merchant_id from merchant_moves m where m.phase not in ('copying', 'arrived')))`

/** Whether a row still has the claim with this token: the fence of every write that depends on it. */
export function isClaimedBy(alias: string, lease: Lease): RawBuilder<unknown> {
  return sql`${sql.ref(`${alias}.lease`)} = ${lease}`
}
