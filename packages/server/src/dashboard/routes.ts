import { isId } from '@hedgepayments/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Db } from '../database/db.ts'
import { toTimestamp } from '../domain/time.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { refuse, refuseField } from '../http/answers/refusal.ts'
import { send } from '../http/answers/send.ts'
import type { Edge } from '../http/edge.ts'
import type { Auth } from '../http/request/auth.ts'
import { originOf } from '../http/request/client-address.ts'
import { compileCheck } from '../http/request/validation.ts'
import { refuseMissing } from '../http/scopes.ts'
import { dashboardPages } from './pages.ts'
import { writeSessionCookie } from './sessions/cookie.ts'
import { isOwnRequest } from './sessions/same-origin.ts'
import { findHolder } from './sessions/sessions.sql.ts'
import { type Sessions, sessionSecondsMax } from './sessions/sessions.ts'
import { readDashboardStats } from './statistics/stats.ts'
import { readTries } from './tries.sql.ts'

const SignIn = Type.Object(
  { secret_key: Type.String({ minLength: 1, maxLength: 300 }) },
  { additionalProperties: false },
)

interface DashboardOptions {
  readonly db: Db
  readonly readDb: Db
  readonly sessions: Sessions
  readonly edge: Pick<Edge, 'charge' | 'throttledLookupOf'>
  readonly publicUrl: () => string
}

/** Sign-in, sign-out, statistics, the tries on a payment page, and pages. The pages read everything else from the API below /v1. */
export async function dashboardRoutes(
  app: FastifyInstance,
  options: DashboardOptions,
): Promise<void> {
  sessionRoutes(app, options)

  app.get('/dashboard/api/stats', (request, reply) =>
    signedIn(options, { request, reply }, async (auth, nowMs) => {
      const { range } = request.query as { range?: unknown }
      if (typeof range !== 'string') return refuseField('range', range, 'one range')
      const now = toTimestamp(nowMs + auth.clockOffsetSeconds * 1000)
      const permit = await app.readShares.acquire(request, { auth, kind: 'plots' })
      if ('refusal' in permit) return permit
      try {
        return await readDashboardStats(options.readDb, { auth, range, now })
      } finally {
        permit.release()
      }
    }),
  )

  app.get('/dashboard/api/payments/:id/tries', (request, reply) =>
    signedIn(options, { request, reply }, async (auth) => {
      const { id } = request.params as { id: string }
      const forbidden = refuseMissing(['payments:read'], auth)
      if (forbidden) return forbidden
      const data = isId('payment', id) ? await readTries(options.db, auth, id) : []
      return answer(200, { object: 'list', data })
    }),
  )

  app.all('/dashboard/api/*', (_: FastifyRequest, reply) =>
    uncached(reply, refuse('not_found', 'There is no such path.')),
  )

  await dashboardPages(app)
}

function sessionRoutes(app: FastifyInstance, options: DashboardOptions): void {
  const { db, sessions, edge, publicUrl } = options
  const checkSignIn = compileCheck(SignIn, 'body')
  const cookieOf = (token: string | null) =>
    writeSessionCookie({
      token,
      secondsMax: sessionSecondsMax,
      secure: publicUrl().startsWith('https:'),
    })

  app.post('/dashboard/api/session', async (request, reply) => {
    if (!isOwnRequest(request)) return uncached(reply, notOwn())
    const body = request.body ?? {}
    const refusal = checkSignIn(body)
    if (refusal) return uncached(reply, refusal)
    const { secret_key: secretKey } = body as { secret_key: string }
    const nowMs = Date.now()
    const session = await sessions.begin(secretKey.trim(), {
      nowMs,
      origin: originOf(request),
      throttledLookup: edge.throttledLookupOf(request, nowMs),
      charge: (auth) => edge.charge(reply, auth, nowMs),
    })
    if ('refusal' in session) return uncached(reply, session)
    reply.header('set-cookie', cookieOf(session.token))
    return uncached(reply, answer(201, await describeSession(db, session.auth)))
  })

  app.get('/dashboard/api/session', async (request, reply) => {
    const auth = await findSession(options, { request, reply, nowMs: Date.now() })
    if (auth && 'refusal' in auth && auth.code === 'rate_limit_exceeded') {
      return uncached(reply, auth)
    }
    // Every visit begins with this request, so a visitor without a session gets no error.
    if (auth === null || 'refusal' in auth) return uncached(reply, answer(200, signedOut))
    return uncached(reply, answer(200, await describeSession(db, auth)))
  })

  app.delete('/dashboard/api/session', async (request, reply) => {
    if (!isOwnRequest(request)) return uncached(reply, notOwn())
    await sessions.end(request)
    reply.header('set-cookie', cookieOf(null))
    return uncached(reply, answer(200, signedOut))
  })
}

function uncached(reply: FastifyReply, result: Reply) {
  return send(reply.header('cache-control', 'no-store'), result)
}

/** Answers a request of a signed-in person. */
async function signedIn(
  options: DashboardOptions,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  use: (auth: Auth, nowMs: number) => Promise<Reply>,
) {
  const nowMs = Date.now()
  const auth = await findSession(options, { request, reply, nowMs })
  if (auth === null) return uncached(reply, refuse('unauthorized', 'Not signed in.'))
  return uncached(reply, 'refusal' in auth ? auth : await use(auth, nowMs))
}

/** Finds the session of a request, and counts the request against the session and its key. */
async function findSession(
  { sessions, edge }: DashboardOptions,
  { request, reply, nowMs }: { request: FastifyRequest; reply: FastifyReply; nowMs: number },
) {
  const auth = await sessions.find(request, nowMs, edge.throttledLookupOf(request, nowMs))
  if (auth === null || 'refusal' in auth) return auth
  return edge.charge(reply, auth, nowMs) ?? auth
}

async function describeSession(db: Db, auth: Auth): Promise<object> {
  const holder = await findHolder(db, auth.keyId)
  return {
    object: 'dashboard_session',
    signed_in: true,
    livemode: auth.livemode,
    clock_offset_seconds: auth.clockOffsetSeconds,
    merchant: { id: auth.merchantId, name: holder?.merchant_name ?? '' },
    key: {
      id: auth.keyId,
      name: holder?.key_name ?? null,
      secret_hint: holder?.secret_hint ?? '',
      scopes: [...auth.scopes],
    },
  }
}

const signedOut = { object: 'dashboard_session', signed_in: false } as const

/** Refuses other sites' requests, also to sign in: they could sign a person in to their account. */
function notOwn() {
  return refuse('unauthorized', 'The dashboard takes requests from its own pages only.')
}
