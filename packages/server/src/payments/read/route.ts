import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../../database/connect.ts'
import { answer } from '../../http/answers/answer.ts'
import { implement } from '../../http/implement.ts'
import { renderList } from '../../http/request/pagination.ts'
import { openPage } from '../../lists/fence.ts'
import { paymentNotFound } from '../transition/refusals.ts'
import { listPayments } from '../view/list-payments.sql.ts'
import { etagOf } from '../view/render.ts'
import { renderAllWithRefunds, renderWithRefunds } from '../view/render-with-refunds.ts'
import { readAttempts } from './attempts.ts'
import { BatchedReads } from './batched-reads.ts'
import { readTimeline } from './timeline.ts'

/** `GET /v1/payments`, `/v1/payments/:id`, and the events and attempts of a payment */
export function readRoutes(
  app: FastifyInstance,
  { db, pool, readDb }: Pick<Database, 'db' | 'pool' | 'readDb'>,
): void {
  const reads = new BatchedReads({ db, pool })

  implement(app, operations.retrievePayment, async ({ auth, params: { id } }) => {
    const row = isId('payment', id) ? await reads.read({ account: auth, id }) : undefined
    if (!row) return paymentNotFound(id)
    return answer(200, await renderWithRefunds(db, auth, row), { etag: etagOf(row) })
  })

  implement(app, operations.listPayments, async ({ auth, query }) => {
    const page = await openPage(readDb, { kind: 'payment', account: auth, query })
    if ('refusal' in page) return page
    const { rows, ...more } = await listPayments(readDb, { account: auth, filter: query, page })
    const data = await renderAllWithRefunds(readDb, auth, rows)
    return answer(200, renderList({ data, ...more, url: '/v1/payments' }))
  })

  implement(app, operations.listPaymentAttempts, ({ auth, params, query }) =>
    readAttempts(readDb, { account: auth, paymentId: params.id, query }),
  )

  implement(app, operations.listPaymentEvents, ({ auth, params, query }) =>
    readTimeline(readDb, { account: auth, paymentId: params.id, query }),
  )
}
