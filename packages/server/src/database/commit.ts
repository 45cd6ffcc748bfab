import { type FailpointCommit, failpoint } from '../failpoints.ts'
import type { Db, Tx } from './db.ts'
import { retryConflicts } from './retry.ts'

/**
 * Runs `work` in a transaction, and runs it again after a conflict (`retryConflicts`). An error of `work`
 * rolls the transaction back and is thrown.
 */
export async function runTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return await retryConflicts(() => db.transaction().execute(work))
}

/**
 * Runs `work` by `runTransaction`, with failpoints.
 *
 * @param of names the commit for fault tests.
 */
export async function commit<T>(
  db: Db,
  of: FailpointCommit,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const result = await runTransaction(db, async (tx) => {
    const done = await work(tx)
    failpoint('before commit', of)
    return done
  })
  failpoint('after commit', of)
  return result
}

/**
 * Runs a statement that commits by itself, with failpoints, and runs it again after a conflict.
 *
 * @param of names the commit for fault tests.
 * @param hasWritten whether the statement has committed anything. Default: always.
 */
export async function commitStatement<T>(
  of: FailpointCommit,
  run: () => Promise<T>,
  hasWritten: (result: T) => boolean = () => true,
): Promise<T> {
  failpoint('before commit', of)
  const result = await retryConflicts(run)
  if (hasWritten(result)) failpoint('after commit', of)
  return result
}
