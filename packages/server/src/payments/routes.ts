import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../database/connect.ts'
import { answer } from '../http/answers/answer.ts'
import { implement } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { openPage } from '../lists/fence.ts'
import type { Processors } from '../processors/interface/processor.ts'
import { Canceler } from './cancel/cancel.ts'
import { cancelByKey } from './cancel/cancel-by-key.ts'
import { createPayment } from './create/create.ts'
import { readAttempts } from './read/attempts.ts'
import { readTimeline } from './read/timeline.ts'
import { refundPayment } from './refund/refund.ts'
import { reversePayment } from './reverse/reverse.ts'
import { initiatePayment } from './submit/initiate.ts'
import { paymentNotFound } from './transition/refusals.ts'
import { findPayment, listPayments } from './view/payments.sql.ts'
import { etagOf } from './view/render.ts'
import { renderAllWithRefunds, renderWithRefunds } from './view/render-with-refunds.ts'

/** The payments of the API. */
export function paymentRoutes(
  app: FastifyInstance,
  {
    database,
    processors,
    publicUrl,
    onWork,
    leaseSeconds,
  }: {
    database: Database
    processors: Processors
    publicUrl: () => string
    onWork: () => void
    /** Of a request that submits a payment, on the payment and on its idempotency key. */
    leaseSeconds: number
  },
): void {
  const { db } = database
  const submitter = { db, processors, onWork, leaseSeconds }
  const canceler = new Canceler(database)

  implement(app, operations.createPayment, (request) =>
    createPayment(submitter, { ...request, publicUrl: publicUrl() }),
  )

  implement(app, operations.initiatePayment, ({ params, body, ...request }) =>
    initiatePayment(submitter, {
      ...request,
      paymentId: params.id,
      token: body.payment_method_token ?? null,
    }),
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

  implement(app, operations.refundPayment, async ({ params, ...request }) => {
    const reply = await refundPayment(db, { ...request, paymentId: params.id })
    onWork()
    return reply
  })

  implement(app, operations.reversePayment, async ({ params, body, ...request }) => {
    const reply = await reversePayment(db, {
      ...request,
      paymentId: params.id,
      reason: body.reason ?? null,
    })
    onWork()
    return reply
  })

  implement(app, operations.retrievePayment, async ({ auth, params: { id } }) => {
    const row = isId('payment', id) ? await findPayment(db, { account: auth, id }) : undefined
    if (!row) return paymentNotFound(id)
    return answer(200, await renderWithRefunds(db, auth, row), { etag: etagOf(row) })
  })

  implement(app, operations.listPayments, async ({ auth, query }) => {
    const page = await openPage(db, { kind: 'payment', account: auth, query })
    if ('refusal' in page) return page
    const { rows, hasMore } = await listPayments(db, { account: auth, filter: query, page })
    const data = await renderAllWithRefunds(db, auth, rows)
    return answer(200, renderList({ data, hasMore, url: '/v1/payments' }))
  })

  implement(app, operations.listPaymentAttempts, ({ auth, params, query }) =>
    readAttempts(db, { account: auth, paymentId: params.id, query }),
  )

  implement(app, operations.listPaymentEvents, ({ auth, params, query }) =>
    readTimeline(db, { account: auth, paymentId: params.id, query }),
  )
}
