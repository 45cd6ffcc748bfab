import { type FailpointCommit, failpoint } from '../failpoints.ts'
import type { Db, Tx } from './db.ts'
import { retryConflicts } from './retry.ts'

/**
 * Runs `work` in a transaction, and runs it again after a conflict (`retryConflicts`). An error of `work`
 * rolls the transaction back and is thrown.
 *
 * @param of names the commit for fault tests.
 */
export async function commit<T>(
  db: Db,
  of: FailpointCommit,
  work: (tx: Tx) => Promise<T>,
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
