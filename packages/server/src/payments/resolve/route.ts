import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/db.ts'
import type { FeeSchedule } from '../../domain/fees.ts'
import { answer } from '../../http/answers/answer.ts'
import { implement } from '../../http/implement.ts'
import { renderList } from '../../http/request/pagination.ts'
import { paymentNotFound } from '../transition/refusals.ts'
import { findPayment } from '../view/payments.sql.ts'
import { resolvePayment } from './resolve.ts'
import { readWaiting, renderAttention } from './waiting.ts'

/** `GET /v1/payments/:id/attention` and `POST /v1/payments/:id/resolve` */
export function resolveRoutes(
  app: FastifyInstance,
  { db, fees, onWork }: { db: Db; fees: FeeSchedule; onWork: () => void },
): void {
  implement(app, operations.listPaymentAttention, async ({ auth, params: { id } }) => {
    const row = isId('payment', id) ? await findPayment(db, { account: auth, id }) : undefined
    if (!row) return paymentNotFound(id)
    const data = renderAttention(await readWaiting(db, row))
    return answer(200, renderList({ data, hasMore: false, url: `/v1/payments/${id}/attention` }))
  })

  implement(app, operations.resolvePayment, async ({ params, ...request }) => {
    const reply = await resolvePayment(db, { ...request, paymentId: params.id, fees })
    onWork()
    return reply
  })
}
