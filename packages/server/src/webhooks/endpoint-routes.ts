import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { answer } from '../http/answers/answer.ts'
import { implement } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { once } from '../idempotency/once.ts'
import { openPage } from '../lists/fence.ts'
import { listEndpoints } from './endpoints/endpoints.sql.ts'
import { changeEndpoint, createEndpoint, deleteEndpoint } from './endpoints/endpoints.ts'
import { renderEndpoint } from './endpoints/render.ts'
import { type WebhookOptions, withEndpoint } from './with-endpoint.ts'

/** Create, list, read, change and delete endpoints. */
export function endpointRoutes(app: FastifyInstance, options: WebhookOptions): void {
  const { db, sealer, privateNetworks } = options
  implement(app, operations.createWebhookEndpoint, (request) =>
    once(db, request, (tx) => createEndpoint(tx, { ...request, sealer, privateNetworks })),
  )

  implement(app, operations.listWebhookEndpoints, async ({ auth, query }) => {
    const page = await openPage(db, { kind: 'webhookEndpoint', account: auth, query })
    if ('refusal' in page) return page
    const { rows, ...more } = await listEndpoints(db, { account: auth, page })
    const data = rows.map(renderEndpoint)
    return answer(200, renderList({ data, ...more, url: '/v1/webhooks/endpoints' }))
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
