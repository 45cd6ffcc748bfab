import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { implement } from '../../http/implement.ts'
import { initiatePayment } from './initiate.ts'
import type { SubmissionDependencies } from './submission.ts'

/** `POST /v1/payments/:id/initiate` */
export function initiateRoute(
  app: FastifyInstance,
  { dependencies }: { dependencies: SubmissionDependencies },
): void {
  implement(app, operations.initiatePayment, ({ params, body, ...request }) =>
    initiatePayment(dependencies, {
      ...request,
      paymentId: params.id,
      token: body.payment_method_token ?? null,
    }),
  )
}
