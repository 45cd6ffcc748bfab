import type { Socket } from 'node:net'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  fastify,
  LogController,
} from 'fastify'
import { describe } from '../database/errors.ts'
import { newId } from '../domain/ids.ts'
import { observeRequests } from '../metrics/requests.ts'
import { watchRequests } from '../metrics/saturation.ts'
import { refusalOf } from './answers/failures.ts'
import { refuse } from './answers/refusal.ts'
import { send } from './answers/send.ts'
import { answerBadHttp } from './bad-http.ts'
import { parseBodies, smallBodyBytesMax } from './bodies/body.ts'
import { deferContinue } from './bodies/expect-continue.ts'
import type { Edge } from './edge.ts'
import { Admission, type AdmissionLimits } from './limits/admission.ts'
import { boundAnswers } from './limits/buffer-budget.ts'
import { type ConnectionLimits, createHttpServer } from './limits/connections.ts'
import { LargeLists } from './limits/reads/large-lists.ts'
import { ReadShares } from './limits/reads/read-shares.ts'
import { parseQuery } from './request/query.ts'
import { nameRequestSpans, traceRequests } from './trace-requests.ts'
import { refuseUnknownRoute } from './unknown-route.ts'

export interface InstanceLimits {
  readonly admission?: AdmissionLimits
  readonly connections?: ConnectionLimits
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Number of requests in flight. */
    requestsInFlight(): number
  }
}

/** Longest path parameter: as long as a request line, so that a long id is 404 like any unknown id. */
const parameterLengthMax = 16 * 1024

interface InstanceOptions {
  readonly edge: Edge
  readonly log: FastifyBaseLogger
  /** Addresses and ranges of the proxies whose X-Forwarded-For is trusted. */
  readonly trustedProxies: readonly string[]
  readonly limits: InstanceLimits
}

/** Fastify without routes, set up so that every answer has the form of the contract. */
export function createInstance(options: InstanceOptions): FastifyInstance {
  const { edge, limits } = options
  const admission = new Admission({
    rateOf: (address) => edge.peekAddress(address),
    limits: limits.admission,
  })
  const app = fastify(fastifyOptions(options, admission))
  handleExpectations(app)
  // Hooks run in this order: see "The way of a request" in ARCHITECTURE.md.
  boundAnswers(app, { timeoutMs: limits.connections?.answerTimeoutMs })
  app.decorate('largeLists', new LargeLists())
  app.decorate('readShares', new ReadShares())
  parseBodies(app)
  nameRequestSpans(app)
  edge.attach(app)
  admission.attach(app)
  const { cancellations, others } = admission
  app.decorate('requestsInFlight', () => cancellations.inFlight + others.inFlight)
  watchRequests({ cancellations, others })
  observeRequests(app)
  answerFailures(app)
  return app
}

function fastifyOptions(
  { edge, log, limits, trustedProxies }: InstanceOptions,
  admission: Admission,
): FastifyServerOptions {
  return {
    serverFactory: (listener) =>
      createHttpServer(admission.before(traceRequests(listener)), {
        limits: limits.connections,
        trustedProxies,
      }),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // Only failures are logged: a logger for each request would cost more than checking its key.
    childLoggerFactory: (logger) => logger,
    genReqId: () => newId('request'),
    requestIdHeader: false,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: smallBodyBytesMax,
    return503OnClosing: false,
    routerOptions: {
      maxParamLength: parameterLengthMax,
      querystringParser: parseQuery,
    },
    clientErrorHandler: (error: Error & { code?: string }, socket: Socket) =>
      answerBadHttp(error, socket, (address) => edge.countAddress(address)),
    // A path that cannot be decoded has no route, and Fastify skips its hooks: check the key here.
    frameworkErrors: (_error, request, reply) => {
      edge
        .admit(request, reply)
        .then((refusal) => refusal ?? refuse('not_found', 'There is no such path.'))
        .catch((error: unknown) => refusalOf(error, log))
        .then((refusal) => send(reply, refusal))
        .catch((error: unknown) => log.error({ err: describe(error) }, 'sending an answer failed'))
    },
  }
}

/** Handles all requests with an `Expect` header. */
function handleExpectations(app: FastifyInstance): void {
  deferContinue(app.server)
  // Node would answer an unknown expectation with a 417 without a body: ignore the header instead.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })
}

function answerFailures(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    // Fastify checks the content type of some methods before the route, and there is no such route.
    const isUnknownMethod =
      (error as { code?: string }).code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE'
    if (isUnknownMethod) return send(reply, refuseUnknownRoute(request))
    return send(reply, refusalOf(error, request.log.child({ reqId: request.id })))
  })
  app.setNotFoundHandler((request, reply) => send(reply, refuseUnknownRoute(request)))
}
