import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { actorOf, recordAudit } from '../audit/record.ts'
import type { Db } from '../database/connect.ts'
import type { EndpointRow } from '../database/webhook-rows.ts'
import type { Account } from '../domain/account.ts'
import { toMs, toTimestamp } from '../domain/time.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import { implement } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { once } from '../idempotency/once.ts'
import { openPage } from '../lists/fence.ts'
import type { Sealer } from '../sealing/sealer.ts'
import {
  findDelivery,
  listAttempts,
  listDeliveries,
  retryDelivery,
  retryFailed,
} from './deliveries/deliveries.sql.ts'
import { deliveryDaysKept } from './deliveries/retention.sql.ts'
import { findEndpoint, listEndpoints, requestReplay } from './endpoints/endpoints.sql.ts'
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  endpointNotFound,
} from './endpoints/endpoints.ts'
import { renderAttempt, renderDelivery, renderEndpoint } from './endpoints/render.ts'
import type { PrivateNetworks } from './send/reach.sql.ts'
import { sendTestEvent } from './test-event.ts'

export interface WebhookOptions {
  readonly db: Db
  readonly sealer: Sealer
  readonly privateNetworks: PrivateNetworks
  /** Told when a request has left something for the workers. */
  readonly onWork: () => void
}

/** Most deliveries that one request puts down again: a statement of a second or so. */
const retriesMax = 10_000

/** Webhook endpoints, deliveries and test events. */
export function webhookRoutes(app: FastifyInstance, options: WebhookOptions): void {
  endpointRoutes(app, options)
  resendRoutes(app, options)
  deliveryRoutes(app, options)
}

function endpointRoutes(app: FastifyInstance, options: WebhookOptions): void {
  const { db, sealer, privateNetworks } = options
  implement(app, operations.createWebhookEndpoint, (request) =>
    once(db, request, (tx) => createEndpoint(tx, { ...request, sealer, privateNetworks })),
  )

  implement(app, operations.listWebhookEndpoints, async ({ auth, query }) => {
    const page = await openPage(db, { kind: 'webhookEndpoint', account: auth, query })
    if ('refusal' in page) return page
    const { rows, hasMore } = await listEndpoints(db, { account: auth, page })
    const data = rows.map(renderEndpoint)
    return answer(200, renderList({ data, hasMore, url: '/v1/webhooks/endpoints' }))
  })

  implement(app, operations.retrieveWebhookEndpoint, ({ auth, params: { id } }) =>
    withEndpoint(db, { account: auth, id }, (row) => answer(200, renderEndpoint(row))),
  )

  implement(app, operations.updateWebhookEndpoint, (request) => {
    const { id } = request.params
    return once(db, request, (tx) =>
      withEndpoint(tx, { account: request.auth, id }, () =>
        changeEndpoint(tx, { ...request, id, sealer, privateNetworks }),
      ),
    )
  })

  implement(app, operations.deleteWebhookEndpoint, (request) => {
    const { id } = request.params
    return withEndpoint(db, { account: request.auth, id }, () =>
      db.transaction().execute((tx) => deleteEndpoint(tx, { ...request, id })),
    )
  })
}

function resendRoutes(app: FastifyInstance, { db, onWork }: WebhookOptions): void {
  implement(app, operations.retryWebhookEndpoint, async (request) => {
    const { auth, params } = request
    const reply = await once(db, request, (tx) =>
      withEndpoint(tx, { account: auth, id: params.id }, async (endpoint) => {
        if (!endpoint.enabled) return endpointDisabled(endpoint.id)
        const { count, hasMore } = await retryFailed(tx, { endpoint, limit: retriesMax })
        const target = { type: 'webhook_endpoint', id: endpoint.id } as const
        const deed = { action: 'webhook_endpoint.retried', target, details: { count } } as const
        if (count > 0) await recordAudit(tx, actorOf(request), deed)
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

  implement(app, operations.replayWebhookEndpoint, async (request) => {
    const { auth, params, body, now } = request
    if (Date.parse(body.since) >= toMs(now) + 1000) {
      return refuseField('since', body.since, 'a moment that is not in the future')
    }
    const since = toTimestamp(Math.ceil(Date.parse(body.since) / 1000) * 1000)
    const reply = await once(db, request, (tx) =>
      withEndpoint(tx, { account: auth, id: params.id }, async (endpoint) => {
        if (!endpoint.enabled) return endpointDisabled(endpoint.id)
        await requestReplay(tx, { account: auth, id: endpoint.id, since })
        const target = { type: 'webhook_endpoint', id: endpoint.id } as const
        const deed = { action: 'webhook_endpoint.replayed', target, details: { since } } as const
        await recordAudit(tx, actorOf(request), deed)
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

  implement(app, operations.testWebhook, async (request) => {
    const reply = await once(db, request, (tx) => sendTestEvent(tx, request))
    onWork()
    return reply
  })
}

function deliveryRoutes(app: FastifyInstance, { db, onWork }: WebhookOptions): void {
  implement(app, operations.listWebhookDeliveries, async ({ auth, query }) => {
    const page = await openPage(db, {
      kind: 'delivery',
      account: auth,
      query,
      daysKept: deliveryDaysKept,
    })
    if ('refusal' in page) return page
    const { rows, hasMore } = await listDeliveries(db, { account: auth, filter: query, page })
    const data = rows.map(renderDelivery)
    return answer(200, renderList({ data, hasMore, url: '/v1/webhooks/deliveries' }))
  })

  implement(app, operations.retrieveWebhookDelivery, async ({ auth, params: { id } }) => {
    const key = { account: auth, id }
    const row = isId('delivery', id) ? await findDelivery(db, key) : undefined
    if (!row) return deliveryNotFound()
    const attempts = (await listAttempts(db, key)).map(renderAttempt)
    return answer(200, { ...renderDelivery(row), attempts })
  })

  implement(app, operations.retryWebhookDelivery, async (request) => {
    const key = { account: request.auth, id: request.params.id }
    const reply = await once(db, request, async (tx) => {
      const found = isId('delivery', key.id) ? await findDelivery(tx, key) : undefined
      if (!found) return deliveryNotFound()
      const endpoint = await findEndpoint(tx, { account: request.auth, id: found.endpoint_id })
      if (!endpoint) return refuseField('id', key.id, 'a delivery to an endpoint: it was deleted')
      if (!endpoint.enabled) return endpointDisabled(key.id)
      const row = await retryDelivery(tx, key)
      if (!row) return deliveryNotFound()
      const target = { type: 'webhook_delivery', id: row.id } as const
      await recordAudit(tx, actorOf(request), { action: 'webhook_delivery.retried', target })
      return answer(200, renderDelivery(row))
    })
    onWork()
    return reply
  })
}

function deliveryNotFound(): Refusal {
  return refuse('not_found', 'Delivery not found.')
}

/** Nothing is sent there, so a promise to send something again would be a false one. */
function endpointDisabled(id: string): Refusal {
  return refuseField('id', id, 'an endpoint that is enabled: enable it first')
}

async function withEndpoint(
  db: Db,
  { account, id }: { account: Account; id: string },
  use: (row: EndpointRow) => Reply | Promise<Reply>,
): Promise<Reply> {
  const row = isId('webhookEndpoint', id) ? await findEndpoint(db, { account, id }) : undefined
  return row ? await use(row) : endpointNotFound()
}
