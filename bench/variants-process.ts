import { operations } from '@hedgepayments/contract'
import { type FastifyBaseLogger, fastify, LogController } from 'fastify'
import { connect } from '../packages/server/src/database/connect.ts'
import { bodyBytesMax, parseBodies } from '../packages/server/src/http/body.ts'
import { guardEdge } from '../packages/server/src/http/edge.ts'
import { implement } from '../packages/server/src/http/implement.ts'
import { newId } from '../packages/server/src/ids.ts'
import { createLog } from '../packages/server/src/log.ts'
import { Authenticator } from '../packages/server/src/merchants/authenticate.ts'
import { Canceler } from '../packages/server/src/payments/cancel.ts'
import { cancelByTheBook } from './machinery/textbook.ts'

// Rivals of the cancel behind the same HTTP, keys, checks and limits: the same statement with one
// request each, and the textbook's three statements in a transaction. Both have twenty connections.

/** More in flight than there are connections: a request waits for one, never for the batcher. */
const oneByOne = { sizeMax: 1, inFlightMax: 10_000, waitingMax: 10_000 }

const log: FastifyBaseLogger = createLog('info')
const database = connect({
  url: process.env.DATABASE_URL ?? '',
  onError: (error) => log.warn({ message: error.message }),
})
const authenticator = new Authenticator(database.db)
const app = fastify({
  loggerInstance: log,
  logController: new LogController({ disableRequestLogging: true }),
  genReqId: () => newId('request'),
  requestIdHeader: false,
  bodyLimit: bodyBytesMax,
})
parseBodies(app)
guardEdge({
  authenticate: ({ headers }, nowMs) => authenticator.authenticate(headers.authorization, nowMs),
}).attach(app)

const canceler = new Canceler({ ...database, batchPool: database.pool }, oneByOne)
const { cancelPayment } = operations
implement(
  app,
  { ...cancelPayment, path: '/v1/payments/:id/cancel-one-by-one' as const },
  ({ params, body, ...request }) =>
    canceler.cancel({ ...request, paymentId: params.id, reason: body.reason ?? null }),
)
implement(
  app,
  { ...cancelPayment, path: '/v1/payments/:id/cancel-textbook' as const },
  ({ params, body, ...request }) =>
    cancelByTheBook(database.pool, {
      ...request,
      paymentId: params.id,
      reason: body.reason ?? null,
    }),
)
console.log(`ready at ${await app.listen({ port: 0, host: '127.0.0.1' })}`)
process.on('SIGTERM', () => process.exit(0))
