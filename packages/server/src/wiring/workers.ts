import type { Logger } from 'pino'
import { startCancellations } from '../cancellations/start.ts'
import type { StoppedMerchants } from '../cells/stopped-merchants.ts'
import { startCheckout } from '../checkout/sessions/start.ts'
import { startCounting } from '../dashboard/statistics/counting.ts'
import type { Database } from '../database/connect.ts'
import { describe } from '../database/errors.ts'
import type { FeeSchedule } from '../domain/fees.ts'
import { type Loop, startLoop, type YieldPolicy } from '../jobs/loop.ts'
import { processorCallsMaxDefault } from '../payments/run/call-loop.ts'
import type { AttentionAlarm } from '../payments/run/postpone.ts'
import { startPaymentWorkers } from '../payments/run/workers.ts'
import { startSweeps } from '../payments/sweep/sweep.ts'
import type { Processors } from '../processors/interface/processor.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { startSealing } from '../seals/start.ts'
import type { PrivateNetworks } from '../webhooks/send/reach.sql.ts'
import { startWebhooks } from '../webhooks/start.ts'
import { stepRetention } from './retention.ts'

/** How often an idle process checks for due work, for example of a process that has died. */
const idleMs = 500
/** How often an idle process checks for old rows to delete. */
const retentionIdleMs = 5_000

/** From this many requests in flight, the process is busy: background work yields to requests. */
const busyRequestsMin = 16

/** The dependencies of the background work. */
interface WorkerOptions {
  readonly database: Database
  readonly processors: Processors
  readonly fees: FeeSchedule
  /** Default: that of production. */
  readonly processorCallsMax?: number
  readonly sealer: Sealer
  readonly log: Logger
  /** The merchants that move to another cell, or have moved: the list is kept up to date. */
  readonly stopped?: StoppedMerchants
  /** Default: allowed until the deployment has a live key. */
  readonly privateNetworks?: PrivateNetworks
  /** The requests in flight of this process. */
  readonly requestsInFlight: () => number
}

/** Starts all background work of this process. */
export function startWorkers(options: WorkerOptions): Loop {
  const { processors, fees, sealer, log, privateNetworks = null } = options
  const { processorCallsMax = processorCallsMaxDefault } = options
  const { db } = options.database
  const yieldPolicy = (pauseFactor: number): YieldPolicy => ({
    isBusy: () => options.requestsInFlight() >= busyRequestsMin,
    pauseFactor,
  })
  const report = (message: string) => (error: unknown) =>
    log.error({ err: describe(error) }, message)
  const nudged = [
    // Bulk cancellations yield least, because users wait for them: they get half of the time.
    startCancellations({ db, log, yieldPolicy: yieldPolicy(1) }),
    startPaymentWorkers({
      ...{ db, processors, fees, idleMs, processorCallsMax },
      onError: report('payment worker failed'),
      onAttention: (alarm) => logAttention(log, alarm),
    }),
    startCheckout({ db, log }),
    startWebhooks({ db, log, sealer, privateNetworks, yieldPolicy: yieldPolicy(2) }),
    startCounting({ db, log, yieldPolicy: yieldPolicy(4) }),
  ]
  // Not nudged: it has minutes, and each request would add a read.
  const sealing = startSealing({ db, log, yieldPolicy: yieldPolicy(4) })
  const onRetentionError = report('retention worker failed')
  const retention = startLoop({
    turn: () => stepRetention(db, onRetentionError),
    idleMs: retentionIdleMs,
    onError: onRetentionError,
  })
  const sweeps = startSweeps({
    ...{ db, processors },
    onError: report('a search at a processor failed'),
  })
  const stopped = options.stopped ? [options.stopped.start(log)] : []
  return {
    nudge() {
      for (const loop of nudged) loop.nudge()
    },
    async stop() {
      await Promise.all(
        [...nudged, sealing, retention, sweeps, ...stopped].map((loop) => loop.stop()),
      )
    },
  }
}

/** One line for each payment and reason. Alerts on the log find the payment by it. */
function logAttention(log: Logger, alarm: AttentionAlarm): void {
  log.warn(
    {
      merchant_id: alarm.merchantId,
      livemode: alarm.livemode,
      payment_id: alarm.paymentId,
      reason: alarm.reason,
      since: alarm.since,
    },
    'payment needs attention',
  )
}
