import type { Logger } from 'pino'
import { commitStatement } from '../../database/commit.ts'
import type { Db } from '../../database/db.ts'
import { describe } from '../../database/errors.ts'
import type { Loop, YieldPolicy } from '../../jobs/loop.ts'
import { startRunner } from '../../jobs/runner.ts'
import type { Sealer } from '../../sealing/sealer.ts'
import type { PrivateNetworks } from '../send/reach.sql.ts'
import type { Send } from '../send/send.ts'
import { claimDeliveries } from './claim/claim.sql.ts'
import { type DeliverContext, type DeliveryJob, deliver } from './deliver.ts'
import { DeliveryLimiter } from './limiter.ts'
import { outcomeBatcher } from './outcomes.ts'
import { prepareDeliveries } from './prepare.ts'

export interface DeliveryWorkerOptions {
  readonly db: Db
  readonly log: Logger
  readonly sealer: Sealer
  readonly send: Send
  readonly privateNetworks: PrivateNetworks
  readonly yieldPolicy?: YieldPolicy | undefined
}

/** The dependencies of this worker, and the parts that it creates. */
type Context = DeliveryWorkerOptions & DeliverContext

/** The pause of an idle process between claims, in milliseconds. */
const idleMs = 200
/**
 * How long the runner waits for more attempts to end before it claims again. It does not wait if half
 * of the limits is free. Claiming one delivery costs as much as claiming thirty: every claim steps over
 * index entries of finished deliveries that are not yet vacuumed.
 */
const gatherMs = 50
/** How long attempts may continue when the server stops. Then they are aborted, and retried elsewhere. */
const stopGraceMs = 3_000

/** Sends due deliveries, as many at the same time as the limits allow, until it is stopped. */
export function startDeliveryWorker(options: DeliveryWorkerOptions): Loop {
  const { log } = options
  const limiter = new DeliveryLimiter()
  const context: Context = { ...options, limiter, outcomes: outcomeBatcher(options.db) }
  return startRunner<DeliveryJob>({
    limiter: {
      get available() {
        return limiter.available
      },
      acquire: ({ delivery }) => limiter.acquire(delivery),
      release: ({ delivery }) => limiter.release(delivery),
    },
    claims: [() => claim(context)],
    run: (job, stopping) => deliver(context, job, stopping),
    // One claim takes what the limits allow. The end of an attempt says when to claim again.
    claimsAgain: false,
    gathering: { ms: gatherMs, isEnough: ({ delivery }) => limiter.isHalfFree(delivery) },
    idleMs,
    yieldPolicy: options.yieldPolicy,
    stopGraceMs,
    onError: (error, job) => {
      if (!job) log.error({ err: describe(error) }, 'webhook worker failed')
      else {
        // The delivery is claimed again when its lease has ended.
        const delivery = job.delivery.id
        log.error({ err: describe(error), delivery }, 'webhook delivery failed')
      }
    },
  })
}

async function claim(context: Context): Promise<DeliveryJob[]> {
  const request = context.limiter.claimLimits()
  const claimedMs = performance.now()
  const deliveries = await commitStatement(
    'delivery lease',
    () => claimDeliveries(context.db, request),
    (claimed) => claimed.length > 0,
  )
  if (deliveries.length === 0) return []
  const prepared = await prepareDeliveries(context, deliveries)
  return prepared.map((delivery) => ({ ...delivery, claimedMs }))
}
