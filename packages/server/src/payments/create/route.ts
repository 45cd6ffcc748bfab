import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { implement } from '../../http/implement.ts'
import type { SubmissionDependencies } from '../submit/submission.ts'
import { createPayment } from './create.ts'

/** `POST /v1/payments` */
export function createRoute(
  app: FastifyInstance,
  { dependencies, publicUrl }: { dependencies: SubmissionDependencies; publicUrl: () => string },
): void {
  implement(app, operations.createPayment, (request) =>
    createPayment(dependencies, { ...request, publicUrl: publicUrl() }),
  )
}
