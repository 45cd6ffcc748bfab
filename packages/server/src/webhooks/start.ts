import type { Logger } from 'pino'
import type { Db } from '../database/db.ts'
import type { Loop, YieldPolicy } from '../jobs/loop.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { startDeliveryWorker } from './deliveries/worker.ts'
import { startRelay } from './relay/relay.ts'
import type { PrivateNetworks } from './send/reach.sql.ts'
import { createResolve } from './send/resolve.ts'
import { createSend } from './send/send.ts'

/** Starts the background work of webhooks: the relay inserts deliveries, a worker sends them. */
export function startWebhooks(options: {
  db: Db
  log: Logger
  sealer: Sealer
  yieldPolicy?: YieldPolicy
  privateNetworks: PrivateNetworks
  /** How long an attempt may take, in milliseconds. Default: see api.md. */
  deadlineMs?: number
}): Loop {
  const { db, log, yieldPolicy, deadlineMs } = options
  const sender = createSend(createResolve(), deadlineMs === undefined ? {} : { deadlineMs })
  const deliveries = startDeliveryWorker({ ...options, send: sender.send })
  const relay = startRelay({ db, log, yieldPolicy, onDeliveries: () => deliveries.nudge() })
  return {
    nudge() {
      relay.nudge()
      deliveries.nudge()
    },
    async stop() {
      await relay.stop()
      await deliveries.stop()
      sender.close()
    },
  }
}
