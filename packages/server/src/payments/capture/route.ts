import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/db.ts'
import { implement } from '../../http/implement.ts'
import { requestCapture } from './capture.ts'

/** `POST /v1/payments/:id/capture` */
export function captureRoute(
  app: FastifyInstance,
  { db, onWork }: { db: Db; onWork: () => void },
): void {
  implement(app, operations.capturePayment, async ({ params, ...request }) => {
    const reply = await requestCapture(db, { ...request, paymentId: params.id })
    onWork()
    return reply
  })
}
