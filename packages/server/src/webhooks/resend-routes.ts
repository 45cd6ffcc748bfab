import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { actorOf, recordAudit } from '../audit/record.ts'
import { toMs, toTimestamp } from '../domain/time.ts'
import { answer } from '../http/answers/answer.ts'
import { refuseField } from '../http/answers/refusal.ts'
import { implement } from '../http/implement.ts'
import { once } from '../idempotency/once.ts'
import { retryFailed } from './deliveries/deliveries.sql.ts'
import { requestReplay } from './endpoints/endpoints.sql.ts'
import { sendTestEvent } from './test-event.ts'
import { endpointDisabled, type WebhookOptions, withEndpoint } from './with-endpoint.ts'

/** Deliveries that one request may retry: the statement takes about a second. */
const retriesMax = 10_000

/** Retry the failed deliveries of an endpoint, replay past events to it, and send test events. */
export function resendRoutes(app: FastifyInstance, options: WebhookOptions): void {
  retryRoute(app, options)
  replayRoute(app, options)
  implement(app, operations.testWebhook, async (request) => {
    const reply = await once(options.db, request, (tx) => sendTestEvent(tx, request))
    options.onWork()
    return reply
  })
}

function retryRoute(app: FastifyInstance, { db, onWork }: WebhookOptions): void {
  implement(app, operations.retryWebhookEndpoint, async (request) => {
    const { auth, params } = request
    const reply = await once(db, request, (tx) =>
      withEndpoint(tx, { account: auth, id: params.id }, async (endpoint) => {
        if (!endpoint.enabled) return endpointDisabled(endpoint.id)
        const { count, hasMore } = await retryFailed(tx, { endpoint, limit: retriesMax })
        const target = { type: 'webhook_endpoint', id: endpoint.id } as const
        const action = { action: 'webhook_endpoint.retried', target, details: { count } } as const
        if (count > 0) await recordAudit(tx, actorOf(request), action)
        return answer(200, {
          object: 'webhook_retry',
          livemode: endpoint.livemode,
          endpoint_id: endpoint.id,
          count,
          has_more: hasMore,
        })
      }),
    )
    onWork()
    return reply
  })
}

function replayRoute(app: FastifyInstance, { db, onWork }: WebhookOptions): void {
  implement(app, operations.replayWebhookEndpoint, async (request) => {
    const { auth, params, body, now } = request
    if (Date.parse(body.since) >= toMs(now) + 1000) {
      return refuseField('since', body.since, 'a time that is not in the future')
    }
    const since = toTimestamp(Math.ceil(Date.parse(body.since) / 1000) * 1000)
    const reply = await once(db, request, (tx) =>
      withEndpoint(tx, { account: auth, id: params.id }, async (endpoint) => {
        if (!endpoint.enabled) return endpointDisabled(endpoint.id)
        await requestReplay(tx, { account: auth, id: endpoint.id, since })
        const target = { type: 'webhook_endpoint', id: endpoint.id } as const
        const action = { action: 'webhook_endpoint.replayed', target, details: { since } } as const
        await recordAudit(tx, actorOf(request), action)
        return answer(202, {
          object: 'webhook_replay',
          livemode: endpoint.livemode,
          endpoint_id: endpoint.id,
          since,
        })
      }),
    )
    onWork()
    return reply
  })
}
