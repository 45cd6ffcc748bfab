import type { Socket } from 'node:net'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import { parse as parseQuery } from 'qs'
import { auditRoutes } from './audit/routes.ts'
import { cancellationRoutes } from './cancellations/routes.ts'
import { clientTokenRoutes } from './checkout/client-token-routes.ts'
import { ClientTokens, readClientToken } from './checkout/client-tokens.ts'
import { pageRoutes } from './checkout/page-routes.ts'
import { checkoutRoutes } from './checkout/routes.ts'
import { dashboardRoutes } from './dashboard/routes.ts'
import { Sessions } from './dashboard/sessions.ts'
import type { Database } from './database/connect.ts'
import { eventRoutes } from './events/routes.ts'
import { streamRoute } from './events/stream.ts'
import type { Account } from './http/auth.ts'
import { answerBadHttp } from './http/bad-http.ts'
import { bodyBytesMax, parseBodies } from './http/body.ts'
import { docsRoutes } from './http/docs.ts'
import { guardEdge, refuseRoute } from './http/edge.ts'
import { describe, refusalOf } from './http/failures.ts'
import { healthRoutes } from './http/health.ts'
import { addCounts } from './http/rate-limit.sql.ts'
import { refuse } from './http/refusal.ts'
import { send } from './http/send.ts'
import { newId } from './ids.ts'
import { Authenticator } from './merchants/authenticate.ts'
import { clockRoutes, timeOf } from './merchants/clock.ts'
import { merchantRoutes } from './merchants/routes.ts'
import { metricsRoutes } from './metrics.ts'
import { noticePayment } from './payments/notice.ts'
import { countDueTasks, oldestOpenSeconds } from './payments/open-payments.sql.ts'
import { paymentRoutes } from './payments/routes.ts'
import type { Keyring } from './processors/encryption.ts'
import type { Processors } from './processors/processor.ts'
import { processorRoutes } from './processors/routes.ts'
import { sandboxRoutes } from './processors/sandbox/routes.ts'
import { processorWebhookRoute } from './processors/webhook-route.ts'
import type { Sealer } from './sealer.ts'
import { toTimestamp } from './time.ts'
import { webhookRoutes } from './webhooks/routes.ts'

export interface AppOptions {
  readonly database: Database
  readonly log: FastifyBaseLogger
  /** Keeps the secrets of webhook endpoints. */
  readonly sealer: Sealer
  /** Where customers reach this server; known once it listens. */
  readonly publicUrl: () => string
  readonly processors: Processors
  /** Addresses and ranges of the proxies that are believed whom they speak for. */
  readonly trustedProxies: readonly string[]
  /** Seals the credentials of processors; `null`: none are taken. */
  readonly keyring: Keyring | null
  /** Told when a request has left something for the workers. */
  readonly onWork: () => void
}

/** Longest path parameter: as long as a request line can be, so that a long id is just unknown. */
const parameterLengthMax = 16 * 1024
/** A request that has not come whole after this is not coming. */
const requestTimeoutMs = 30_000

/** The HTTP server with every feature's routes. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { database, log } = options
  const notice = noticeBy(options)
  const authenticator = new Authenticator(database.db)
  const isSecure = () => options.publicUrl().startsWith('https:')
  const sessions = new Sessions(database.db, authenticator, isSecure)
  const tokens = new ClientTokens(database.db)
  const guard = guardEdge({
    authenticate,
    isSecure,
    shareCounts: (windowStartMs, added) => addCounts(database.db, windowStartMs, added),
  })
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger of its own for each request costs more than its key; only failures are logged.
    childLoggerFactory: (logger) => logger,
    genReqId: () => newId('request'),
    requestIdHeader: false,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    return503OnClosing: false,
    routerOptions: {
      maxParamLength: parameterLengthMax,
      querystringParser: (text) => parseQuery(text, { plainObjects: true, depth: 2 }),
    },
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket) =>
      answerBadHttp(error, socket),
    // A path that cannot be decoded names nothing. It skips the hooks, so the key is asked here.
    frameworkErrors: (_error, request, reply) => {
      guard
        .admit(request, reply)
        .then((refusal) => refusal ?? refuse('not_found', 'There is no such path.'))
        .catch((error: unknown) => refusalOf(error, log))
        .then((refusal) => send(reply, refusal))
        .catch((error: unknown) => log.error({ err: describe(error) }, 'no answer could be sent'))
    },
  })
  // Node answers an expectation it does not know itself, without a body: it may as well be ignored.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })
  parseBodies(app)
  guard.attach(app)
  app.setErrorHandler((error, request, reply) => {
    // Of a method that wants a body, before it is looked whether there is such a route: there is not.
    const isStrange = (error as { code?: string }).code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE'
    if (isStrange) return send(reply, refuseRoute(request))
    return send(reply, refusalOf(error, request.log.child({ reqId: request.id })))
  })
  app.setNotFoundHandler((request, reply) => send(reply, refuseRoute(request)))

  healthRoutes(app, database)
  metricsRoutes(app, {
    oldestOpen: () => oldestOpenSeconds(database.db, toTimestamp(Date.now())),
    dueTasks: () => countDueTasks(database.db, toTimestamp(Date.now())),
  })
  await docsRoutes(app)
  paymentRoutes(app, options)
  clientTokenRoutes(app, { db: database.db, tokens })
  checkoutRoutes(app, { db: database.db, publicUrl: options.publicUrl })
  await pageRoutes(app, { on: { ...options, db: database.db }, log })
  cancellationRoutes(app, { db: database.db, onWork: options.onWork })
  merchantRoutes(app, database)
  auditRoutes(app, database)
  eventRoutes(app, database)
  streamRoute(app, { db: database.db, log, authenticate })
  webhookRoutes(app, { ...options, db: database.db })
  clockRoutes(app, {
    db: database.db,
    onAdvance: (merchantId) => {
      authenticator.forget(merchantId)
      options.onWork()
    },
  })
  processorRoutes(app, { ...options, db: database.db })
  await processorWebhookRoute(app, { processors: options.processors, onNotice: notice })
  sandboxRoutes(app, {
    db: database.db,
    onNews: ({ merchantId, paymentId }) =>
      notice({ account: { merchantId, livemode: false }, paymentId }),
  })
  await dashboardRoutes(app, { db: database.db, sessions, publicUrl: options.publicUrl })
  return app

  /** By the Authorization header; without one, by the session of somebody at the dashboard. */
  function authenticate(request: FastifyRequest, nowMs: number) {
    if (readClientToken(request)) return tokens.authenticate(request, nowMs)
    const { authorization, cookie } = request.headers
    const byKey = () => authenticator.authenticate(authorization, nowMs)
    if (authorization !== undefined || cookie === undefined) return byKey()
    return sessions.find(request, nowMs).then((found) => found ?? byKey())
  }
}

/** What to do where a processor says that something happened to a payment. */
function noticeBy({ database: { db }, onWork }: AppOptions) {
  return async ({ account, paymentId }: { account: Account; paymentId: string }) => {
    const now = await timeOf(db, account)
    await noticePayment(db, { account, paymentId, now })
    onWork()
  }
}
