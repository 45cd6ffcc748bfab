import { retryConflicts } from '../../../packages/server/src/database/retry.ts'
import { isLongRun } from '../size.ts'
import { type Sql, withoutGuards } from './sql.ts'

const ended = `now() - interval '1 second'`

/** Ends all leases, and makes all unfinished calls old enough to be abandoned. */
const endLeases = [
  `update payment_tasks set leased_until = ${ended} where leased_until is not null`,
  `update checkout_sessions set leased_until = ${ended} where leased_until is not null`,
  `update idempotency_records set locked_until = ${ended} where outcome = 'running'`,
  `update webhook_deliveries set due_at = ${ended} where lease is not null`,
  `update payment_attempts set leased_until = ${ended} where leased_until is not null`,
  `update payment_attempts set began_at = now() - interval '10 minutes' where outcome is null`,
]

/**
 * Ends the leases of a killed process, so that a test need not wait for half a minute. Does nothing in
 * `npm run test:all`, in which the leases end by themselves.
 */
export async function endLeasesOfKilled(sql: Sql): Promise<void> {
  // The workers that live lock these tables in another order, so a deadlock is possible.
  if (!isLongRun) await retryConflicts(() => withoutGuards(sql, ...endLeases))
}
