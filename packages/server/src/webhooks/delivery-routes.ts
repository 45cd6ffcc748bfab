import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { actorOf, recordAudit } from '../audit/record.ts'
import { answer } from '../http/answers/answer.ts'
import { type Refusal, refuse, refuseStoredId } from '../http/answers/refusal.ts'
import { implement } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { once } from '../idempotency/once.ts'
import { openPage } from '../lists/fence.ts'
import {
  findDelivery,
  listAttempts,
  listDeliveries,
  retryDelivery,
} from './deliveries/deliveries.sql.ts'
import { deliveryDaysKept } from './deliveries/retention.sql.ts'
import { findEndpoint } from './endpoints/endpoints.sql.ts'
import { renderAttempt, renderDelivery } from './render-delivery.ts'
import type { WebhookOptions } from './with-endpoint.ts'

/** List, read and retry deliveries. */
export function deliveryRoutes(app: FastifyInstance, { db, readDb, onWork }: WebhookOptions): void {
  implement(app, operations.listWebhookDeliveries, async ({ auth, query }) => {
    const page = await openPage(readDb, {
      kind: 'delivery',
      account: auth,
      query,
      daysKept: deliveryDaysKept,
    })
    if ('refusal' in page) return page
    const { rows, ...more } = await listDeliveries(readDb, { account: auth, filter: query, page })
    const data = rows.map(renderDelivery)
    return answer(200, renderList({ data, ...more, url: '/v1/webhooks/deliveries' }))
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
      if (!endpoint) return refuseStoredId(key.id, 'a delivery whose endpoint was not deleted')
      if (!endpoint.enabled)
        return refuseStoredId(key.id, 'a delivery to an enabled endpoint: enable it first')
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
