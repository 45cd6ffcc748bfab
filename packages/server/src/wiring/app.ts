import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { auditRoutes } from '../audit/routes.ts'
import { cancellationRoutes } from '../cancellations/routes.ts'
import { clientTokenRoutes } from '../checkout/client-tokens/client-token-routes.ts'
import { ClientTokens, readClientToken } from '../checkout/client-tokens/client-tokens.ts'
import { pageRoutes } from '../checkout/page/page-routes.ts'
import { checkoutRoutes } from '../checkout/sessions/routes.ts'
import { dashboardRoutes } from '../dashboard/routes.ts'
import { Sessions } from '../dashboard/sessions/sessions.ts'
import type { Database } from '../database/connect.ts'
import type { Account } from '../domain/account.ts'
import { eventRoutes } from '../events/routes.ts'
import { streamRoute } from '../events/stream.ts'
import { docsRoutes } from '../http/docs.ts'
import { Edge } from '../http/edge.ts'
import { healthRoutes } from '../http/health.ts'
import { createInstance, type InstanceLimits } from '../http/instance.ts'
import type { ThrottledLookup } from '../http/limits/lookup-throttle.ts'
import { addCounts } from '../http/limits/rate-limit.sql.ts'
import { readHeader } from '../http/request/headers.ts'
import { Authenticator } from '../merchants/authenticate.ts'
import { clockRoutes } from '../merchants/clock.ts'
import { merchantRoutes } from '../merchants/routes.ts'
import { metricsRoutes } from '../metrics/queues/routes.ts'
import { paymentRoutes } from '../payments/routes.ts'
import { handleProcessorMessage } from '../payments/run/processor-message.ts'
import { submissionLeaseSeconds } from '../payments/submit/submission.ts'
import type { Processors } from '../processors/interface/processor.ts'
import { processorRoutes } from '../processors/routes.ts'
import { sandboxRoutes } from '../processors/sandbox/routes.ts'
import { processorWebhookRoute } from '../processors/webhook-route.ts'
import type { Keyring } from '../sealing/keyring.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { rescheduleRetries } from '../webhooks/deliveries/deliveries.sql.ts'
import { webhookRoutes } from '../webhooks/routes.ts'
import type { PrivateNetworks } from '../webhooks/send/reach.sql.ts'
import { refuseLiveMode } from './live-mode.ts'

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
  /** Whether webhooks of test mode may reach the server's own network. Default: until a live key exists. */
  readonly privateNetworks?: PrivateNetworks
  /** Told when a request has left something for the workers. */
  readonly onWork: () => void
  /** Requests in flight, and what slow clients may hold. Default: what production needs. */
  readonly limits?: InstanceLimits
  /** How long a request that submits a payment keeps others off. Default: what production needs. */
  readonly leaseSeconds?: number
}

/** The HTTP server with every feature's routes. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { database, log } = options
  const notice = noticeBy(options)
  const authenticator = new Authenticator(database.keyDb)
  const isSecure = () => options.publicUrl().startsWith('https:')
  const sessions = new Sessions(database, authenticator, isSecure)
  const tokens = new ClientTokens(database.keyDb)
  const refuseLive = () =>
    refuseLiveMode({ publicUrl: options.publicUrl(), trustedProxies: options.trustedProxies })
  const edge = new Edge({
    authenticate,
    isSecure,
    refuseLive,
    shareCounts: (windowStartMs, added) => addCounts(database.db, windowStartMs, added),
  })
  const { trustedProxies, limits = {}, leaseSeconds = submissionLeaseSeconds } = options
  const app = createInstance({ edge, log, trustedProxies, limits })

  healthRoutes(app, database)
  metricsRoutes(app, database)
  await docsRoutes(app)
  paymentRoutes(app, { ...options, leaseSeconds })
  clientTokenRoutes(app, { db: database.db, tokens })
  checkoutRoutes(app, { db: database.db, publicUrl: options.publicUrl })
  await pageRoutes(app, { on: { ...options, db: database.db, leaseSeconds }, log, refuseLive })
  cancellationRoutes(app, { db: database.db, onWork: options.onWork })
  merchantRoutes(app, database)
  auditRoutes(app, database)
  eventRoutes(app, database)
  streamRoute(app, { db: database.db, log, authenticate })
  const { privateNetworks = null } = options
  webhookRoutes(app, { ...options, db: database.db, privateNetworks })
  clockRoutes(app, {
    db: database.db,
    hasten: rescheduleRetries,
    onAdvance: (merchantId) => {
      authenticator.forget(merchantId)
      options.onWork()
    },
  })
  processorRoutes(app, { ...options, db: database.db })
  await processorWebhookRoute(app, { processors: options.processors, onNotice: notice })
  sandboxRoutes(app, {
    db: database.db,
    onChange: ({ merchantId, paymentId }) =>
      notice({ account: { merchantId, livemode: false }, paymentId }),
  })
  await dashboardRoutes(app, { db: database.db, sessions, edge, publicUrl: options.publicUrl })
  return app

  /** By the Authorization header; without one, by the session of somebody at the dashboard. */
  function authenticate(request: FastifyRequest, nowMs: number, throttledLookup?: ThrottledLookup) {
    if (readClientToken(request)) return tokens.authenticate(request, nowMs)
    const authorization = readHeader(request, 'authorization')
    const cookie = readHeader(request, 'cookie')
    const byKey = () => authenticator.authenticate(authorization, nowMs, throttledLookup)
    if (authorization !== undefined || cookie === undefined) return byKey()
    return sessions.find(request, nowMs, throttledLookup).then((found) => found ?? byKey())
  }
}

/** What to do where a processor says that something happened to a payment. */
function noticeBy({ database: { db }, onWork }: AppOptions) {
  return async ({ account, paymentId }: { account: Account; paymentId: string }) => {
    await handleProcessorMessage(db, { account, paymentId })
    onWork()
  }
}
