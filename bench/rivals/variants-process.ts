import { operations } from '@hedgepayments/contract'
import { connect } from '../../packages/server/src/database/connect.ts'
import { feeScheduleDefault } from '../../packages/server/src/domain/fees.ts'
import { implement } from '../../packages/server/src/http/implement.ts'
import { Canceler } from '../../packages/server/src/payments/cancel/cancel.ts'
import { createProcessors } from '../../packages/server/src/processors/processors.ts'
import { createSealer } from '../../packages/server/src/sealing/sealer.ts'
import { createApp } from '../../packages/server/src/wiring/app.ts'
import { createLog } from '../../packages/server/src/wiring/log.ts'
import { startWorkers } from '../../packages/server/src/wiring/workers.ts'
import { cancelByTheBook } from './textbook.ts'

// The whole server with two more routes: a cancel without batching (one statement for each request), and
// the textbook's three statements in a transaction. Both use a pool of twenty connections.

/** More batches in flight than connections: a request waits for a connection, never for the batcher. */
const oneByOne = { sizeMax: 1, inFlightMax: 10_000, waitingMax: 10_000 }

const log = createLog('info')
const database = connect({
  url: process.env.DATABASE_URL ?? '',
  onError: (error) => log.warn({ message: error.message }),
})
let address = ''
const publicUrl = () => address
const sealer = createSealer([])
const stripe = { secretKey: null, publishableKey: null, webhookSecret: null, apiBase: null }
const processors = createProcessors({ db: database.db, publicUrl, keyring: null, stripe })
let requestsInFlight = () => 0
const workers = startWorkers({
  ...{ database, processors, fees: feeScheduleDefault, sealer, log },
  requestsInFlight: () => requestsInFlight(),
})
const app = await createApp({
  ...{
    database,
    processors,
    fees: feeScheduleDefault,
    trustedProxies: [],
    log,
    sealer,
    keyring: null,
    publicUrl,
  },
  onWork: () => workers.nudge(),
})
requestsInFlight = () => app.requestsInFlight()

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
address = await app.listen({ port: 0, host: '127.0.0.1' })
console.log(`ready at ${address}`)
process.on('SIGTERM', () => process.exit(0))
