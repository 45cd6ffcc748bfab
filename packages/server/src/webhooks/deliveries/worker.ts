import { SpanKind } from '@opentelemetry/api'
import type { Logger } from 'pino'
import type { Db } from '../../database/db.ts'
import { describe, isStatementRefused } from '../../database/errors.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { DeliveryRow } from '../../database/webhook-rows.ts'
import { eventId } from '../../events/event-id.ts'
import { failpoint } from '../../failpoints.ts'
import { Batcher } from '../../jobs/batcher.ts'
import type { Loop, YieldPolicy } from '../../jobs/loop.ts'
import { startRunner } from '../../jobs/runner.ts'
import { webhookAttempts } from '../../metrics/registry.ts'
import type { Sealer } from '../../sealing/sealer.ts'
import { causeOf } from '../../tracing/causes.ts'
import { inSpan } from '../../tracing/spans.ts'
import { disabledError } from '../endpoints/endpoints.sql.ts'
import type { PrivateNetworks } from '../send/reach.sql.ts'
import { deadlineDefaultMs, type Send } from '../send/send.ts'
import { attempt, notSent, type Outcome } from './attempt.ts'
import { claimDeliveries, leaseSeconds } from './claim.sql.ts'
import { disableFailingEndpoint } from './disable-endpoint.ts'
import { DeliveryLimiter } from './limiter.ts'
import { type PreparedDelivery, prepareDeliveries } from './prepare.ts'
import { recordOutcomes } from './record-outcomes.sql.ts'

export interface DeliveryWorkerOptions {
  readonly db: Db
  readonly log: Logger
  readonly sealer: Sealer
  readonly send: Send
  readonly privateNetworks: PrivateNetworks
  readonly yieldPolicy?: YieldPolicy | undefined
}

/** A prepared delivery, and when it was claimed by this process's monotonic clock. */
interface Job extends PreparedDelivery {
  readonly claimedMs: number
}

interface Context extends DeliveryWorkerOptions {
  readonly limiter: DeliveryLimiter
  /** Records outcomes. Its result says whether the lease of the delivery was current. */
  readonly outcomes: Batcher<Outcome, boolean>
}

/** Latest start of an attempt after its claim. A later attempt may outlast its lease, so it is skipped. */
const startMsMax = leaseSeconds * 1_000 - deadlineDefaultMs

/** The pause of an idle process between claims, in milliseconds. */
const idleMs = 200
/**
 * How long the runner waits for more attempts to end before it claims again. It does not wait if half
 * of the limits is free. Claiming one delivery costs as much as claiming thirty: every claim steps over index entries
 * of finished deliveries that are not yet vacuumed.
 */
const gatherMs = 50
/** How long attempts may continue when the server stops. Then they are aborted, and retried elsewhere. */
const stopGraceMs = 3_000
/** The error of a delivery whose event was deleted. */
const eventDeletedError = 'Not sent: the event is no longer kept.'
/** Outcomes of one statement. */
const outcomesMax = 200

/** Sends due deliveries, as many at the same time as the limits allow, until it is stopped. */
export function startDeliveryWorker(options: DeliveryWorkerOptions): Loop {
  const { log } = options
  const limiter = new DeliveryLimiter()
  const context: Context = { ...options, limiter, outcomes: outcomeBatcher(options.db) }
  return startRunner<Job>({
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

function outcomeBatcher(db: Db): Batcher<Outcome, boolean> {
  return new Batcher<Outcome, boolean>({
    run: async (batch) => {
      failpoint('before commit', 'delivery')
      const recorded = await retryConflicts(() => recordOutcomes(db, batch))
      failpoint('after commit', 'delivery')
      return batch.map(({ delivery }) => recorded.has(delivery.id))
    },
    namesOf: ({ delivery }) => [delivery.id],
    isEntrysFault: isStatementRefused,
    sizeMax: outcomesMax,
    inFlightMax: 1,
    // No more outcomes wait than attempts may be in progress.
    waitingMax: Number.POSITIVE_INFINITY,
  })
}

async function claim(context: Context): Promise<Job[]> {
  const request = context.limiter.claimLimits()
  failpoint('before commit', 'delivery lease')
  const claimedMs = performance.now()
  const deliveries = await retryConflicts(() => claimDeliveries(context.db, request))
  if (deliveries.length === 0) return []
  failpoint('after commit', 'delivery lease')
  const prepared = await prepareDeliveries(context, deliveries)
  return prepared.map((one) => ({ ...one, claimedMs }))
}

async function deliver(context: Context, job: Job, stopping: AbortSignal): Promise<void> {
  const { delivery, endpoint, body, reach } = job
  const { db, send, outcomes } = context
  if (performance.now() - job.claimedMs > startMsMax) return
  if (!endpoint.enabled || body === null) {
    const error = endpoint.enabled ? eventDeletedError : disabledError
    await outcomes.submit(notSent(delivery, { retryDelayMs: null, error }))
    return
  }
  const id = eventId(delivery.subject_id, delivery.sequence)
  const message = { id, body, signers: job.signers() }
  const outcome = await inSpan(spanOf(delivery), async (span) => {
    const ended = await attempt({ delivery, endpoint, message, reach, send, stopping })
    span?.setAttribute('hedge.webhook.result', ended.result)
    if (ended.responseCode !== null) {
      span?.setAttribute('http.response.status_code', ended.responseCode)
    }
    return ended
  })
  context.limiter.adapt(endpoint.id, outcome)
  webhookAttempts.inc({ result: outcome.result })
  const isCurrent = await outcomes.submit(outcome)
  if (isCurrent && outcome.result === 'failed') {
    await disableFailingEndpoint(db, { endpoint, outcome })
  }
}

/** The span of an attempt, in the trace of the request that changed the payment, if it is known. */
function spanOf(delivery: DeliveryRow) {
  return {
    name: 'webhook',
    kind: SpanKind.CLIENT,
    parent: causeOf(delivery.subject_id),
    attributes: {
      'hedge.payment_id': delivery.subject_id,
      'hedge.event_type': delivery.event_type,
      'hedge.webhook.attempt': delivery.attempts + 1,
    },
  }
}
