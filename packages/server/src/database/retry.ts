import { isConflict } from './errors.ts'

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
      if (!isConflict(error) || attempt === attemptsMax) throw error
    }
  }
}
