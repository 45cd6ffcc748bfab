import type { Logger } from 'pino'
import type { Db } from '../../database/connect.ts'
import { describe } from '../../database/errors.ts'
import { retryConflicts } from '../../database/retry.ts'
import { toTimestamp } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import { type Loop, startLoop, type YieldPolicy } from '../../jobs/loop.ts'
import type { Sealer } from '../../sealing/sealer.ts'
import type { PrivateNetworks } from '../send/reach.sql.ts'
import { createResolve } from '../send/resolve.ts'
import { createSend } from '../send/send.ts'
import { Deliverer } from './deliver.ts'
import { hasUnrelayed, relayEvents, replayEvents } from './relay.sql.ts'

/** How often an idle process looks for new events, in milliseconds: a read of one index entry. */
const idleMs = 200

/** What webhooks need in the background: the relay, replays, and what sends. */
export function startWebhooks(on: {
  db: Db
  log: Logger
  sealer: Sealer
  yieldPolicy?: YieldPolicy
  privateNetworks: PrivateNetworks
  /** How long an attempt may take. Default: as api.md says. */
  deadlineMs?: number
}): Loop {
  const { db, log, sealer, yieldPolicy, privateNetworks, deadlineMs } = on
  const sender = createSend(createResolve(), deadlineMs === undefined ? {} : { deadlineMs })
  const { send } = sender
  const deliverer = new Deliverer({ db, log, sealer, yieldPolicy, privateNetworks, send })
  const relay = startLoop({
    turn: async () => {
      const now = toTimestamp(Date.now())
      if (!(await hasUnrelayed(db))) return false
      failpoint('before commit', 'relay')
      const passed = await retryConflicts(() => relayEvents(db, now))
      failpoint('after commit', 'relay')
      if (passed > 0) deliverer.nudge()
      return passed > 0
    },
    idleMs,
    onError: (error) => log.error({ err: describe(error) }, 'events wait to be relayed'),
    yieldPolicy,
  })
  const replays = startLoop({
    turn: async () => {
      const found = await retryConflicts(() => replayEvents(db, toTimestamp(Date.now())))
      if (found) deliverer.nudge()
      return found
    },
    idleMs: 5 * idleMs,
    onError: (error) => log.error({ err: describe(error) }, 'a replay of events is held up'),
    yieldPolicy,
  })
  return {
    nudge() {
      relay.nudge()
      replays.nudge()
      deliverer.nudge()
    },
    async stop() {
      await Promise.all([relay.stop(), replays.stop()])
      await deliverer.stop()
      sender.close()
    },
  }
}
