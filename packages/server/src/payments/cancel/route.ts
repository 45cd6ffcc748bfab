import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../../database/connect.ts'
import { implement } from '../../http/implement.ts'
import { Canceler } from './cancel.ts'
import { cancelByKey } from './cancel-by-key.ts'

/** `POST /v1/payments/:id/cancel` and `POST /v1/payments/cancel` */
export function cancelRoutes(app: FastifyInstance, { database }: { database: Database }): void {
  const canceler = new Canceler(database)

  implement(app, operations.cancelPayment, ({ params, body, ...request }) =>
    canceler.cancel({ ...request, paymentId: params.id, reason: body.reason ?? null }),
  )

  implement(app, operations.cancelPaymentByKey, ({ body, ...request }) =>
    cancelByKey(database.db, {
      ...request,
      createKey: body.idempotency_key,
      reason: body.reason ?? null,
    }),
  )
}
