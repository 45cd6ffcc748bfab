import type { Kysely } from 'kysely'
import { createIndexConcurrently } from './create-index.ts'

export const isRepeatable = true

/** Whether there is a live key, found without reading the keys of test mode. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createIndexConcurrently(db, {
    name: 'api_keys_live',
    definition: 'api_keys (merchant_id) where livemode',
  })
}
