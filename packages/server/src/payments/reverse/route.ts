import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/db.ts'
import { implement } from '../../http/implement.ts'
import { reversePayment } from './reverse.ts'

/** `POST /v1/payments/:id/reverse` */
export function reverseRoute(
  app: FastifyInstance,
  { db, onWork }: { db: Db; onWork: () => void },
): void {
  implement(app, operations.reversePayment, async ({ params, body, ...request }) => {
    const reply = await reversePayment(db, {
      ...request,
      paymentId: params.id,
      reason: body.reason ?? null,
    })
    onWork()
    return reply
  })
}
