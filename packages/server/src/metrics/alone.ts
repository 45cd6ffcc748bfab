import { Counter } from 'prom-client'
import { isLockTimeout, isStatementRefused, isStatementTimeout } from '../database/errors.ts'
import { registry } from './registry.ts'

const alone = new Counter({
  name: 'hedge_batch_entries_alone_total',
  help: 'Entries whose shared statement was refused or waited for too long, so that they were done alone, by batcher.',
  labelNames: ['batcher'],
  registers: [registry],
})

/**
 * The result of an entry of a shared statement. If the statement was refused, or waited for too long, it has changed
 * nothing: then the result is `fallback`, by which the caller does the entry alone. If the entry is the cause, that
 * tells why; else the counter does.
 */
export async function orAlone<T>(batcher: string, running: Promise<T>, fallback: T): Promise<T> {
  try {
    return await running
  } catch (error) {
    if (!isStatementRefused(error) && !isLockTimeout(error) && !isStatementTimeout(error))
      throw error
    alone.inc({ batcher })
    return fallback
  }
}
