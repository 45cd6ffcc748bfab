import type { Socket } from 'node:net'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import { describe } from '../database/errors.ts'
import { newId } from '../domain/ids.ts'
import { observeRequests } from '../metrics/requests.ts'
import { watchLanes } from '../metrics/saturation.ts'
import { refusalOf } from './answers/failures.ts'
import { refuse } from './answers/refusal.ts'
import { send } from './answers/send.ts'
import { answerBadHttp } from './bad-http.ts'
import { parseBodies, smallBodyBytesMax } from './bodies/body.ts'
import { deferContinue } from './bodies/expect-continue.ts'
import { type Guard, refuseRoute } from './edge.ts'
import { LargeLists } from './large-lists.ts'
import { Admission, type AdmissionLimits } from './limits/admission.ts'
import { type ConnectionLimits, createHttpServer } from './limits/connections.ts'
import { boundAnswers } from './limits/held-bytes.ts'
import { parseQuery } from './request/query.ts'
import { nameRequestSpans, traceRequests } from './trace-requests.ts'

export interface InstanceLimits {
  readonly admission?: AdmissionLimits
  readonly connections?: ConnectionLimits
}

declare module 'fastify' {
  interface FastifyInstance {
    /** How many requests are being worked on. */
    requestsInFlight(): number
  }
}

/** Longest path parameter: as long as a request line can be, so that a long id is just unknown. */
const parameterLengthMax = 16 * 1024

/** Fastify, set up so that every answer has the form of the contract; it has no routes yet. */
export function createInstance(given: {
  guard: Guard
  log: FastifyBaseLogger
  /** Addresses and ranges of the proxies that are believed whom they speak for. */
  trustedProxies: readonly string[]
  limits: InstanceLimits
}): FastifyInstance {
  const { guard, log, limits, trustedProxies } = given
  const admission = new Admission({ rateOf: guard.lookAtAddress, limits: limits.admission })
  const app = fastify({
    serverFactory: (listener) =>
      createHttpServer(admission.before(traceRequests(listener)), {
        limits: limits.connections,
        trustedProxies,
      }),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // A logger of its own for each request costs more than its key; only failures are logged.
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
      answerBadHttp(error, socket, guard.countAddress),
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
  deferContinue(app.server)
  // Node answers an expectation it does not know itself, without a body: it may as well be ignored.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })
  boundAnswers(app, { timeoutMs: limits.connections?.answerTimeoutMs })
  app.decorate('largeLists', new LargeLists())
  parseBodies(app)
  nameRequestSpans(app)
  guard.attach(app)
  admission.attach(app)
  app.decorate('requestsInFlight', () => admission.stops.inFlight + admission.others.inFlight)
  watchLanes({ stops: admission.stops, others: admission.others })
  observeRequests(app)
  app.setErrorHandler((error, request, reply) => {
    // Of a method that wants a body, before it is looked whether there is such a route: there is not.
    const isStrange = (error as { code?: string }).code === 'FST_ERR_ROUTE_MISSING_CONTENT_TYPE'
    if (isStrange) return send(reply, refuseRoute(request))
    return send(reply, refusalOf(error, request.log.child({ reqId: request.id })))
  })
  app.setNotFoundHandler((request, reply) => send(reply, refuseRoute(request)))
  return app
}
