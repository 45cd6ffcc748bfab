// 40001 serialization failure, 40P01 deadlock: the transaction was undone whole and can run again.
const conflictStates = new Set(['40001', '40P01'])
const attemptsMax = 5

/**
 * Runs a transaction again where the database undid it in favour of another. PostgreSQL rarely
 * does under READ COMMITTED; distributed engines do as a matter of course.
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
