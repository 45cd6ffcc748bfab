import type { FastifyInstance } from 'fastify'
import type { Database } from '../database/connect.ts'
import type { FeeSchedule } from '../domain/fees.ts'
import type { Processors } from '../processors/interface/processor.ts'
import { cancelRoutes } from './cancel/route.ts'
import { captureRoute } from './capture/route.ts'
import { createRoute } from './create/route.ts'
import { readRoutes } from './read/route.ts'
import { refundRoute } from './refund/route.ts'
import { resolveRoutes } from './resolve/route.ts'
import { reverseRoute } from './reverse/route.ts'
import type { BatchedSubmissions } from './submit/batches/batched-submissions.ts'
import { initiateRoute } from './submit/route.ts'

/** The routes under `/v1/payments`. */
export function paymentRoutes(
  app: FastifyInstance,
  {
    database,
    processors,
    publicUrl,
    fees,
    batches,
    onWork,
    leaseSeconds,
  }: {
    database: Database
    processors: Processors
    /** The submissions of all requests share statements. */
    batches: BatchedSubmissions
    publicUrl: () => string
    /** The fees of merchants without their own schedule. */
    fees: FeeSchedule
    /** Wakes the workers. */
    onWork: () => void
    /** The leases of a request that submits a payment, on the payment and on its idempotency key. */
    leaseSeconds: number
  },
): void {
  const { db } = database
  const dependencies = { db, processors, batches, onWork, leaseSeconds }
  createRoute(app, { database, dependencies, publicUrl })
  initiateRoute(app, { dependencies })
  cancelRoutes(app, { database })
  captureRoute(app, { db, processors, onWork })
  refundRoute(app, { db, processors, onWork })
  reverseRoute(app, { db, onWork })
  readRoutes(app, database)
  resolveRoutes(app, { db, fees, onWork })
}
