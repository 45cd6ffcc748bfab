import { type ClientBase, escapeLiteral } from 'pg'
import type { Part } from './parts.sql.ts'

/** A part has few places, so the index is read for each. The planner would sometimes read the whole table. */
export const byIndex =
  'set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off'

/**
 * Runs statements of the source on one state of the database. Such a transaction is short: an old one would keep
 * deleted rows of all merchants from vacuum.
 */
export async function inSnapshot<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin isolation level repeatable read read only')
  try {
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

/** Begins a transaction that the guards let pass: that of the move itself. */
export async function beginOwn(client: ClientBase, merchantId: string): Promise<void> {
  await client.query(beginOwnText({ merchantId, after: null, through: null }))
}

/** The text of `beginOwn`, for the rows of a part. */
export function beginOwnText(part: Part): string {
  const begin = `begin; set local hedge.move = ${escapeLiteral(part.merchantId)}`
  return 'places' in part ? `${begin}; ${byIndex}` : begin
}
