import type { Kysely } from 'kysely'

/** One step of the tables from one version to the next. */
export interface Migration {
  readonly up: (db: Kysely<unknown>) => Promise<void>
  /**
   * Set where `up` cannot be a transaction, as with `create index concurrently`. It is run again
   * from its start when it was cut short, so each of its steps has to look first.
   */
  readonly isRepeatable?: boolean
}
