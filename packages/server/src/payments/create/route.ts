import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { implement } from '../../http/implement.ts'
import type { Submitter } from '../submit/submission.ts'
import { createPayment } from './create.ts'

/** `POST /v1/payments` */
export function createRoute(
  app: FastifyInstance,
  { submitter, publicUrl }: { submitter: Submitter; publicUrl: () => string },
): void {
  implement(app, operations.createPayment, (request) =>
    createPayment(submitter, { ...request, publicUrl: publicUrl() }),
  )
}
