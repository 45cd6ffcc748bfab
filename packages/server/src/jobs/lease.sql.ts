import { type RawBuilder, sql } from 'kysely'

/** The end of a lease that begins now, by the database's clock. */
export function leaseEnd(seconds: number): RawBuilder<unknown> {
  return sql`now() + make_interval(secs => ${seconds})`
}

/** Whether a row may be claimed: nobody holds it, or its lease has ended by the database's clock. */
export function isFree(alias: string): RawBuilder<unknown> {
  const until = sql.ref(`${alias}.leased_until`)
  return sql`(${until} is null or ${until} <= now())`
}
