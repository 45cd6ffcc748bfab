import type { Kysely, Transaction } from 'kysely'
import type { Schema } from './schema.ts'

/** The database or one of its transactions, for statements that run in either. */
export type Db = Kysely<Schema>

/** A transaction, for functions that must not run outside of one. */
export type Tx = Transaction<Schema>
