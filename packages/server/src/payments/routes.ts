import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../database/connect.ts'
import { answer } from '../http/answer.ts'
import { implement } from '../http/implement.ts'
import { readPage, renderList } from '../http/pagination.ts'
import { Canceler } from './cancel.ts'
import { cancelByKey } from './cancel-by-key.ts'
import { createPayment } from './create.ts'
import { findPayment, listPayments } from './payments.sql.ts'
import { paymentNotFound } from './refusals.ts'
import { etagOf, renderPayment } from './render.ts'
import { readTimeline } from './timeline.ts'

/** The payments of the API. */
export function paymentRoutes(
  app: FastifyInstance,
  { database, publicUrl }: { database: Database; publicUrl: () => string },
): void {
  const { db } = database
  const canceler = new Canceler(database)

  implement(app, operations.createPayment, (request) =>
    createPayment(db, { ...request, publicUrl: publicUrl() }),
  )

  implement(app, operations.cancelPayment, ({ params, body, ...request }) =>
    canceler.cancel({ ...request, paymentId: params.id, reason: body.reason ?? null }),
  )

  implement(app, operations.cancelPaymentByKey, ({ body, ...request }) =>
    cancelByKey(db, {
      ...request,
      createKey: body.idempotency_key,
      reason: body.reason ?? null,
    }),
  )

  implement(app, operations.retrievePayment, async ({ auth, params: { id } }) => {
    const row = isId('payment', id) ? await findPayment(db, { account: auth, id }) : undefined
    if (!row) return paymentNotFound(id)
    return answer(200, renderPayment(row, []), { etag: etagOf(row) })
  })

  implement(app, operations.listPayments, async ({ auth, query }) => {
    const page = readPage(query, 'payment')
    if ('refusal' in page) return page
    const { rows, hasMore } = await listPayments(db, { account: auth, filter: query, page })
    const data = rows.map((row) => renderPayment(row, []))
    return answer(200, renderList({ data, hasMore, url: '/v1/payments' }))
  })

  implement(app, operations.listPaymentEvents, ({ auth, params, query }) =>
    readTimeline(db, { account: auth, paymentId: params.id, query }),
  )
}
