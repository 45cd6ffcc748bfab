import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { auditRoutes } from '../audit/routes.ts'
import { cancellationRoutes } from '../cancellations/routes.ts'
import { StoppedMerchants } from '../cells/stopped-merchants.ts'
import { clientTokenRoutes } from '../checkout/client-tokens/client-token-routes.ts'
import { ClientTokens, readClientToken } from '../checkout/client-tokens/client-tokens.ts'
import { pageRoutes } from '../checkout/page/page-routes.ts'
import { checkoutRoutes } from '../checkout/sessions/routes.ts'
import { dashboardRoutes } from '../dashboard/routes.ts'
import { Sessions } from '../dashboard/sessions/sessions.ts'
import type { Database } from '../database/connect.ts'
import { disputeRoutes } from '../disputes/routes.ts'
import type { FeeSchedule } from '../domain/fees.ts'
import { eventRoutes } from '../events/routes.ts'
import { streamRoute } from '../events/stream.ts'
import type { Refusal } from '../http/answers/refusal.ts'
import { docsRoutes } from '../http/docs.ts'
import { Edge } from '../http/edge.ts'
import { healthRoutes } from '../http/health.ts'
import { createInstance, type InstanceLimits } from '../http/instance.ts'
import type { ThrottledLookup } from '../http/limits/lookup-throttle.ts'
import { addCounts } from '../http/limits/rate-limit.sql.ts'
import type { Auth } from '../http/request/auth.ts'
import { readHeader } from '../http/request/headers.ts'
import { Authenticator } from '../merchants/authenticate.ts'
import { clockRoutes } from '../merchants/clock.ts'
import { keyRoutes } from '../merchants/key-routes.ts'
import { merchantRoutes } from '../merchants/routes.ts'
import { metricsRoutes } from '../metrics/queues/routes.ts'
import { paymentRoutes } from '../payments/routes.ts'
import { handleProcessorMessage } from '../payments/run/processor-message.ts'
import { BatchedSubmissions } from '../payments/submit/batches/batched-submissions.ts'
import { submissionLeaseSeconds } from '../payments/submit/submission.ts'
import type { Processors } from '../processors/interface/processor.ts'
import { processorRoutes } from '../processors/routes.ts'
import { plannedFailureRoutes } from '../processors/sandbox/planned-failure-routes.ts'
import { sandboxRoutes } from '../processors/sandbox/routes.ts'
import { type OnNotice, processorWebhookRoute } from '../processors/webhook-route.ts'
import type { Keyring } from '../sealing/keyring.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { rescheduleRetries } from '../webhooks/deliveries/deliveries.sql.ts'
import { webhookRoutes } from '../webhooks/routes.ts'
import type { PrivateNetworks } from '../webhooks/send/reach.sql.ts'
import { refuseLiveMode } from './live-mode.ts'

export interface AppOptions {
  readonly database: Database
  readonly log: FastifyBaseLogger
  /** Seals the secrets of webhook endpoints. */
  readonly sealer: Sealer
  /** The merchants that move to another cell, or have moved. Default: a list that nobody reads anew. */
  readonly stopped?: StoppedMerchants
  /** The address at which customers reach this server. It is known once the server listens. */
  readonly publicUrl: () => string
  readonly processors: Processors
  /** Addresses and ranges of the proxies whose X-Forwarded-For is trusted. */
  readonly trustedProxies: readonly string[]
  /** The fees of merchants without their own schedule. */
  readonly fees: FeeSchedule
  /** Seals the credentials of processors; `null`: merchants cannot set any. */
  readonly keyring: Keyring | null
  /** Whether test webhooks may reach private networks. Default: until a live key exists. */
  readonly privateNetworks?: PrivateNetworks
  /** Whether live mode is served although the database may lose acknowledged commits. Default: no. */
  readonly allowsLossyCommits?: boolean
  /** Called when a request has created work for the workers. */
  readonly onWork: () => void
  /** Limits of requests in flight and of connections. Default: those of production. */
  readonly limits?: InstanceLimits
  /** Lease in seconds of a request that submits a payment. Default: that of production. */
  readonly leaseSeconds?: number
}

/** Creates the HTTP server with the routes of every feature. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { database, log, trustedProxies, limits = {} } = options
  const { stopped = new StoppedMerchants(database.keyDb) } = options
  const isSecure = () => options.publicUrl().startsWith('https:')
  const authenticator = new Authenticator(database.keyDb)
  const sessions = new Sessions(database, authenticator, isSecure)
  const tokens = new ClientTokens(database.keyDb)
  const authenticate = authenticationBy({ authenticator, sessions, tokens, stopped })
  const refuseLive = () =>
    refuseLiveMode({
      publicUrl: options.publicUrl(),
      trustedProxies,
      lossyCommits: options.allowsLossyCommits ? null : database.lossyCommits(),
    })
  const edge = new Edge({
    authenticate,
    isSecure,
    refuseLive,
    shareCounts: (windowStartMs, added) => addCounts(database.db, windowStartMs, added),
  })
  const app = createInstance({ edge, log, trustedProxies, limits })
  const shared = { authenticator, sessions, tokens, authenticate, refuseLive, edge, stopped }
  await addRoutes(app, options, shared)
  return app
}

/** Parts that the routes of several features share. */
interface SharedParts {
  readonly authenticator: Authenticator
  readonly sessions: Sessions
  readonly tokens: ClientTokens
  readonly authenticate: ReturnType<typeof authenticationBy>
  readonly refuseLive: () => Refusal | null
  readonly edge: Edge
  readonly stopped: StoppedMerchants
}

async function addRoutes(
  app: FastifyInstance,
  options: AppOptions,
  { authenticator, sessions, tokens, authenticate, refuseLive, edge, stopped }: SharedParts,
): Promise<void> {
  const { database, log, publicUrl, onWork, privateNetworks = null } = options
  const { leaseSeconds = submissionLeaseSeconds } = options
  const { db, readDb } = database
  const onNotice = onProcessorMessage(options)
  const batches = new BatchedSubmissions(database)

  healthRoutes(app, database)
  metricsRoutes(app, database)
  await docsRoutes(app)
  paymentRoutes(app, { ...options, batches, leaseSeconds })
  disputeRoutes(app, database)
  clientTokenRoutes(app, { db, tokens })
  checkoutRoutes(app, { ...options, db })
  await pageRoutes(app, {
    ...{ dependencies: { ...options, db, batches, leaseSeconds }, log, refuseLive },
    stopped,
  })
  cancellationRoutes(app, { ...database, onWork })
  merchantRoutes(app, { ...database, publicUrl })
  keyRoutes(app, database)
  auditRoutes(app, database)
  eventRoutes(app, database)
  streamRoute(app, { db, log, authenticate })
  webhookRoutes(app, { ...options, db, readDb, privateNetworks })
  clockRoutes(app, {
    db,
    reschedule: rescheduleRetries,
    onAdvance: (merchantId) => {
      authenticator.forget(merchantId)
      onWork()
    },
  })
  processorRoutes(app, { ...options, db })
  plannedFailureRoutes(app, { ...options, db })
  await processorWebhookRoute(app, {
    processors: options.processors,
    onNotice,
    refusalOf: (merchantId) => stopped.refusalOf(merchantId),
  })
  sandboxRoutes(app, {
    db,
    onChange: ({ merchantId, paymentId }) =>
      onNotice({ account: { merchantId, livemode: false }, paymentId }),
  })
  await dashboardRoutes(app, { db, readDb, sessions, edge, publicUrl })
}

/** Authenticates by a client token, the Authorization header, or a session of the dashboard. */
function authenticationBy(by: {
  authenticator: Authenticator
  sessions: Sessions
  tokens: ClientTokens
  stopped: StoppedMerchants
}) {
  const served = (found: Auth | Refusal): Auth | Refusal | Promise<Auth | Refusal> => {
    if ('refusal' in found) return found
    const check = () => by.stopped.refusalOf(found.merchantId) ?? found
    return by.stopped.isOutdated ? by.stopped.read().then(check) : check()
  }
  const find = (request: FastifyRequest, nowMs: number, throttledLookup?: ThrottledLookup) => {
    if (readClientToken(request)) return by.tokens.authenticate(request, nowMs)
    const authorization = readHeader(request, 'authorization')
    const cookie = readHeader(request, 'cookie')
    const byKey = () => by.authenticator.authenticate(authorization, nowMs, throttledLookup)
    if (authorization !== undefined || cookie === undefined) return byKey()
    return by.sessions.find(request, nowMs, throttledLookup).then((found) => found ?? byKey())
  }
  return (...given: Parameters<typeof find>) => {
    const found = find(...given)
    return found instanceof Promise ? found.then(served) : served(found)
  }
}

/** The reaction to a processor's message about a payment: plan a look-up of its state. */
function onProcessorMessage({ database: { db }, onWork }: AppOptions): OnNotice {
  return async (notice: Parameters<OnNotice>[0]) => {
    await handleProcessorMessage(db, notice)
    onWork()
  }
}
