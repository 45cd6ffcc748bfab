import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/db.ts'
import { implement } from '../../http/implement.ts'
import type { KnownRules } from '../transition/processor-rules.ts'
import { requestCapture } from './capture.ts'

/** `POST /v1/payments/:id/capture` */
export function captureRoute(
  app: FastifyInstance,
  { db, processors, onWork }: { db: Db; processors: KnownRules; onWork: () => void },
): void {
  implement(app, operations.capturePayment, async ({ params, ...request }) => {
    const reply = await requestCapture(db, { ...request, paymentId: params.id, processors })
    onWork()
    return reply
  })
}
