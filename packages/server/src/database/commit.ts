import type { Transaction } from 'kysely'
import { type FailpointCommit, failpoint } from '../failpoints.ts'
import type { Db } from './connect.ts'
import { retryConflicts } from './retry.ts'
import type { Schema } from './schema.ts'

/**
 * Runs `work` in a transaction, and again when the database rolled it back for another one. An error of
 * `work` rolls it back and is thrown. `of` names the commit for fault tests.
 */
export async function commit<T>(
  db: Db,
  of: FailpointCommit,
  work: (tx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  const result = await retryConflicts(() =>
    db.transaction().execute(async (tx) => {
      const done = await work(tx)
      failpoint('before commit', of)
      return done
    }),
  )
  failpoint('after commit', of)
  return result
}
