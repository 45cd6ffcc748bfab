import type { Logger } from 'pino'
import { createCancellationWorker } from '../cancellations/worker.ts'
import { stepCheckout } from '../checkout/sessions/worker.ts'
import { startCounting } from '../dashboard/statistics/counting.ts'
import type { Database } from '../database/connect.ts'
import { describe } from '../database/errors.ts'
import type { FeeSchedule } from '../domain/fees.ts'
import { type Loop, startLoop, type YieldPolicy } from '../jobs/loop.ts'
import { startPaymentWorkers } from '../payments/run/workers.ts'
import type { Processors } from '../processors/interface/processor.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { startWebhooks } from '../webhooks/deliveries/worker.ts'
import type { PrivateNetworks } from '../webhooks/send/reach.sql.ts'
import { stepRetention } from './retention.ts'

/** How often a process looks for work that another one has left, in milliseconds. */
const idleMs = 500
/** How often it looks whether something is old enough to be dropped: there is no hurry. */
const retentionIdleMs = 5_000

/** From so many requests in flight on, what nobody waits for gives way: a few are no rush. */
const rush = 16

/** Starts everything that happens in the background of this process. */
export function startWorkers({
  database,
  processors,
  fees,
  sealer,
  log,
  privateNetworks = null,
  requestsInFlight,
}: {
  database: Database
  processors: Processors
  fees: FeeSchedule
  sealer: Sealer
  log: Logger
  /** Default: until the deployment has a live key. */
  privateNetworks?: PrivateNetworks
  /** Of this process. */
  requestsInFlight: () => number
}): Loop {
  const yieldPolicy = (pauseFactor: number): YieldPolicy => ({
    isBusy: () => requestsInFlight() >= rush,
    pauseFactor,
  })
  const canceling = createCancellationWorker(database.db)
  const cancellations = startLoop({
    turn: () => canceling.step(),
    idleMs,
    onError: (error) => log.error({ err: describe(error) }, 'a bulk cancellation is held up'),
    // It stops payments as well, and somebody watches: the two share.
    yieldPolicy: yieldPolicy(1),
  })
  const payments = startPaymentWorkers({
    db: database.db,
    processors,
    fees,
    idleMs,
    onError: (error) => log.error({ err: describe(error) }, 'a payment is held up'),
  })
  const webhooks = startWebhooks({
    ...{ db: database.db, log, sealer, privateNetworks },
    yieldPolicy: yieldPolicy(2),
  })
  const onCheckoutError = (error: unknown) =>
    log.error({ err: describe(error) }, 'checkout worker failed')
  const checkout = startLoop({
    turn: () => stepCheckout(database.db, onCheckoutError),
    idleMs,
    onError: onCheckoutError,
  })
  const counting = startCounting({ db: database.db, log, yieldPolicy: yieldPolicy(4) })
  const retention = startLoop({
    turn: () => stepRetention(database.db),
    idleMs: retentionIdleMs,
    onError: (error) => log.error({ err: describe(error) }, 'old rows wait to be dropped'),
  })
  const loops = [cancellations, payments, checkout, webhooks, counting]
  return {
    nudge() {
      for (const loop of loops) loop.nudge()
    },
    async stop() {
      await Promise.all([...loops, retention].map((loop) => loop.stop()))
    },
  }
}
