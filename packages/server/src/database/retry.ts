// 40001 serialization failure, 40P01 deadlock: the transaction was rolled back and can run again.
const conflictStates = new Set(['40001', '40P01'])
const attemptsMax = 5

/**
 * Runs a transaction again when the database rolled it back for another one. PostgreSQL rarely does so
 * under READ COMMITTED; distributed engines do so often.
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
