import { SpanKind } from '@opentelemetry/api'
import type { Db } from '../../database/db.ts'
import type { DeliveryRow } from '../../database/webhook-rows.ts'
import { eventId } from '../../events/event-id.ts'
import { webhookAttempts } from '../../metrics/registry.ts'
import { causeOf } from '../../tracing/causes.ts'
import { inSpan } from '../../tracing/spans.ts'
import { disabledError } from '../endpoints/endpoints.sql.ts'
import { deadlineDefaultMs, type Send } from '../send/send.ts'
import { attempt, notSent } from './attempt.ts'
import { leaseSeconds } from './claim/claim-limits.ts'
import { disableFailingEndpoint } from './disable-endpoint.ts'
import type { DeliveryLimiter } from './limiter.ts'
import type { OutcomeBatcher } from './outcomes.ts'
import type { PreparedDelivery } from './prepare.ts'

/** A prepared delivery, and when it was claimed by this process's monotonic clock. */
export interface DeliveryJob extends PreparedDelivery {
  readonly claimedMs: number
}

/** The dependencies of a delivery. */
export interface DeliverContext {
  readonly db: Db
  readonly send: Send
  readonly limiter: DeliveryLimiter
  readonly outcomes: OutcomeBatcher
}

/** Latest start of an attempt after its claim. A later attempt may outlast its lease, so it is skipped. */
const startMsMax = leaseSeconds * 1_000 - deadlineDefaultMs
/** The error of a delivery whose event was deleted. */
const eventDeletedError = 'Not sent: the event is no longer kept.'

/** Sends a claimed delivery once, and records the outcome. `stopping` aborts the attempt. */
export async function deliver(
  context: DeliverContext,
  job: DeliveryJob,
  stopping: AbortSignal,
): Promise<void> {
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
