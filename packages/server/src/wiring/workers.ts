import type { Logger } from 'pino'
import { createCancellationWorker } from '../cancellations/run/worker.ts'
import { stepCheckout } from '../checkout/sessions/worker.ts'
import { startCounting } from '../dashboard/statistics/counting.ts'
import type { Database } from '../database/connect.ts'
import { describe } from '../database/errors.ts'
import type { FeeSchedule } from '../domain/fees.ts'
import { type Loop, startLoop, type YieldPolicy } from '../jobs/loop.ts'
import { startPaymentWorkers } from '../payments/run/workers.ts'
import type { Processors } from '../processors/interface/processor.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { PrivateNetworks } from '../webhooks/send/reach.sql.ts'
import { startWebhooks } from '../webhooks/start.ts'
import { stepRetention } from './retention.ts'

/** How often an idle process checks for due work, for example of a process that has died. */
const idleMs = 500
/** How often an idle process checks for old rows to delete. */
const retentionIdleMs = 5_000

/** From this many requests in flight, the process is busy: background work yields to requests. */
const busyRequestsMin = 16

/** Starts all background work of this process. */
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
  /** Default: allowed until the deployment has a live key. */
  privateNetworks?: PrivateNetworks
  /** The requests in flight of this process. */
  requestsInFlight: () => number
}): Loop {
  const { db } = database
  const yieldPolicy = (pauseFactor: number): YieldPolicy => ({
    isBusy: () => requestsInFlight() >= busyRequestsMin,
    pauseFactor,
  })
  const report = (message: string) => (error: unknown) =>
    log.error({ err: describe(error) }, message)
  const cancellationWorker = createCancellationWorker(db)
  const cancellations = startLoop({
    turn: () => cancellationWorker.step(),
    idleMs,
    onError: report('bulk cancellation worker failed'),
    // Bulk cancellations yield least, because users wait for them: they get half of the time.
    yieldPolicy: yieldPolicy(1),
  })
  const payments = startPaymentWorkers({
    ...{ db, processors, fees, idleMs },
    onError: report('payment worker failed'),
  })
  const webhooks = startWebhooks({
    ...{ db, log, sealer, privateNetworks },
    yieldPolicy: yieldPolicy(2),
  })
  const onCheckoutError = report('checkout worker failed')
  const checkout = startLoop({
    turn: () => stepCheckout(db, onCheckoutError),
    idleMs,
    onError: onCheckoutError,
  })
  const counting = startCounting({ db, log, yieldPolicy: yieldPolicy(4) })
  const retention = startLoop({
    turn: () => stepRetention(db),
    idleMs: retentionIdleMs,
    onError: report('retention worker failed'),
  })
  const nudged = [cancellations, payments, checkout, webhooks, counting]
  return {
    nudge() {
      for (const loop of nudged) loop.nudge()
    },
    async stop() {
      await Promise.all([...nudged, retention].map((loop) => loop.stop()))
    },
  }
}
