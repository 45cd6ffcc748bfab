import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../../database/connect.ts'
import { implement } from '../../http/implement.ts'
import type { SubmissionDependencies } from '../submit/submission.ts'
import { BatchedCreates } from './batched-creates.ts'
import { createPayment } from './create.ts'
import { DefaultsCache } from './merchant-defaults.ts'

/** `POST /v1/payments` */
export function createRoute(
  app: FastifyInstance,
  {
    database,
    dependencies,
    publicUrl,
  }: { database: Database; dependencies: SubmissionDependencies; publicUrl: () => string },
): void {
  const creating = {
    ...dependencies,
    defaults: new DefaultsCache(database.db),
    creates: new BatchedCreates(database),
  }
  implement(app, operations.createPayment, (request) =>
    createPayment(creating, { ...request, publicUrl: publicUrl() }),
  )
}
