import { createHash } from 'node:crypto'
import type pg from 'pg'

/**
 * Has a pool prepare each statement once per connection, and the database keep its plan. Races send
 * some dozens of statements over and over; to parse and plan them anew took most of their time. What
 * a statement does, which rows it locks and what it sees does not depend on it.
 */
export function prepareStatements(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown
    const prepared = (given: unknown, values: unknown, ...rest: unknown[]) =>
      typeof given === 'string' && Array.isArray(values) && values.length > 0
        ? query({ name: nameOf(given), text: given, values }, ...rest)
        : query(given, values, ...rest)
    Object.assign(client, { query: prepared })
    // A race ends by its result. A busy machine must not end it by a lock timeout.
    void (query(`set lock_timeout = '10 min'`) as Promise<unknown>).catch(() => undefined)
  })
}

/**
 * The settings under which a prepared statement is worth it: one plan for all values, made for
 * tables as large as they are in production rather than for the empty ones it is made on.
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
