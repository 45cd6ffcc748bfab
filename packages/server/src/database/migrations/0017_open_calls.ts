import type { Kysely } from 'kysely'
import { createIndexConcurrently } from './create-index.ts'

export const isRepeatable = true

/** The few calls to processors that have not ended, among all that ever were. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createIndexConcurrently(db, {
    name: 'payment_attempts_open',
    definition: 'payment_attempts (started_at) where outcome is null',
  })
}
