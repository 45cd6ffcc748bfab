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

/** Whether a row still has the claim with this token: the fence of every write that depends on it. */
export function isClaimedBy(alias: string, lease: Lease): RawBuilder<unknown> {
  return sql`${sql.ref(`${alias}.lease`)} = ${lease}`
}
