import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/db.ts'
import { implement } from '../../http/implement.ts'
import type { KnownRules } from '../transition/processor-rules.ts'
import { refundPayment } from './refund.ts'

/** `POST /v1/payments/:id/refund` */
export function refundRoute(
  app: FastifyInstance,
  { db, processors, onWork }: { db: Db; processors: KnownRules; onWork: () => void },
): void {
  implement(app, operations.refundPayment, async ({ params, ...request }) => {
    const reply = await refundPayment(db, { ...request, paymentId: params.id, processors })
    onWork()
    return reply
  })
}
