import { createHash } from 'node:crypto'
import type pg from 'pg'

/**
 * Makes a pool send each statement as a prepared statement, so that each connection parses and plans
 * it once. Races repeat a few dozen statements, and parsing and planning took most of their time.
 * Preparing changes neither the result of a statement nor its locks nor its snapshot.
 */
export function prepareStatements(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown
    const prepared = (given: unknown, values: unknown, ...rest: unknown[]) =>
      typeof given === 'string' && Array.isArray(values) && values.length > 0
        ? query({ name: nameOf(given), text: given, values }, ...rest)
        : query(given, values, ...rest)
    Object.assign(client, { query: prepared })
    // On a busy machine, the usual lock timeout would end a race before its result.
    void (query(`set lock_timeout = '10 min'`) as Promise<unknown>).catch(() => undefined)
  })
}

/**
 * Planner settings for prepared statements: one plan for all values, and index scans as in
 * production. Without the second, PostgreSQL plans sequential scans, because the tables are empty.
 */
export const preparedSettings = { plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off' }

const names = new Map<string, string>()

function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = createHash('sha1').update(text).digest('base64url')
  names.set(text, name)
  return name
}
