import type { Logger } from 'pino'
import { commitStatement } from '../../database/commit.ts'
import type { Db } from '../../database/db.ts'
import { describe } from '../../database/errors.ts'
import { retryConflicts } from '../../database/retry.ts'
import { type Loop, startLoop, type YieldPolicy } from '../../jobs/loop.ts'
import { hasUnrelayed, relayEvents } from './relay-events.sql.ts'
import { replayEvents } from './replay-events.sql.ts'

/** How often an idle process checks for new events, in milliseconds. It reads one index entry. */
const idleMs = 200
/** How often an idle process checks for replays, which merchants request rarely. */
const replayIdleMs = 5 * idleMs

/** Starts the loops that turn new events and requested replays into deliveries. */
export function startRelay(options: {
  db: Db
  log: Logger
  yieldPolicy?: YieldPolicy | undefined
  /** Is called when deliveries were inserted. */
  onDeliveries: () => void
}): Loop {
  const { db, log, yieldPolicy, onDeliveries } = options
  const relay = startLoop({
    turn: async () => {
      if (!(await hasUnrelayed(db))) return false
      const relayed = await commitStatement('relay', () => relayEvents(db))
      if (relayed > 0) onDeliveries()
      return relayed > 0
    },
    idleMs,
    onError: (error) => log.error({ err: describe(error) }, 'webhook relay failed'),
    yieldPolicy,
  })
  const replays = startLoop({
    turn: async () => {
      const found = await retryConflicts(() => replayEvents(db))
      if (found) onDeliveries()
      return found
    },
    idleMs: replayIdleMs,
    onError: (error) => log.error({ err: describe(error) }, 'webhook replay failed'),
    yieldPolicy,
  })
  return {
    nudge() {
      relay.nudge()
      replays.nudge()
    },
    async stop() {
      await Promise.all([relay.stop(), replays.stop()])
    },
  }
}
