// 40001 serialization failure, 40P01 deadlock: the transaction was rolled back and can run again. CIINF: a cluster
// has moved the shard to another node between two parts of a statement.
const conflictStates = new Set(['40001', '40P01', 'CIINF'])
/** Runs in total. A conflict that lasts longer is reported. */
const attemptsMax = 5

/**
 * Runs a transaction, and runs it again when the database rolled it back because of a conflict with
 * another transaction. PostgreSQL rarely does so under READ COMMITTED, distributed engines often.
 */
export async function retryConflicts<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === undefined || !conflictStates.has(code) || attempt === attemptsMax) throw error
    }
  }
}
