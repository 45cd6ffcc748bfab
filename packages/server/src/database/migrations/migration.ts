import type { Kysely } from 'kysely'

/** One step of the schema from one version to the next. */
export interface Migration {
  readonly up: (db: Kysely<unknown>) => Promise<void>
  /**
   * Set where `up` cannot be one transaction, as with `create index concurrently`. An interrupted
   * `up` runs again from its start, so each of its steps checks first what exists.
   */
  readonly isRepeatable?: boolean
}
