import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { actorOf, recordAudit } from '../../audit/record.ts'
import type { Db } from '../../database/db.ts'
import { randomCharacters } from '../../domain/ids.ts'
import { forgetOldest } from '../../domain/maps.ts'
import { promisedEnd, toTimestamp } from '../../domain/time.ts'
import { type Refusal, refuse } from '../../http/answers/refusal.ts'
import type { ThrottledLookup } from '../../http/limits/lookup-throttle.ts'
import { refuseTooMany } from '../../http/limits/rate-limit-headers.ts'
import type { Auth, Origin } from '../../http/request/auth.ts'
import { originOf } from '../../http/request/client-address.ts'
import { readHeader } from '../../http/request/headers.ts'
import { type Authenticator, authOf } from '../../merchants/authenticate.ts'
import { readSessionCookie } from './cookie.ts'
import { isOwnRequest } from './same-origin.ts'
import { deleteSession, findKeyBySession, insertSession } from './sessions.sql.ts'
import { SignInFailures } from './sign-in-failures.ts'
import { countSignIn } from './sign-ins.sql.ts'

/** A working day: a person signs in again on the next day. */
export const sessionSecondsMax = 12 * 3_600

/** Requests per minute of one session: a person with several windows. The key's limit applies too. */
const sessionRequestsPerMinute = 1_200

/** Sign-ins per minute. Each stores a session and an audit entry, which is kept for a year. */
const signInsPerMinute = { key: 30, account: 60 } as const
/** Sessions of one key. A further one ends the oldest. */
const sessionsOfKeyMax = 50
/** Sessions remembered as valid, some hundred bytes each. */
const validMax = 10_000

/** The context of a sign-in. */
export interface SignInContext {
  readonly nowMs: number
  readonly origin: Origin
  readonly throttledLookup: ThrottledLookup
  /** Counts the request against the key's limits. Returns the refusal, if any. */
  readonly charge: (auth: Auth) => Refusal | null
}

/** Sessions of the dashboard. Each is a row, so that signing out also ends it on the server. */
export class Sessions {
  readonly #db: Db
  readonly #keyDb: Db
  readonly #authenticator: Authenticator
  readonly #isSecure: () => boolean
  readonly #failures = new SignInFailures()
  /** Hashes of sessions that were valid at their last look-up. Their look-ups are not throttled. */
  readonly #valid = new Set<string>()

  /** @param isSecure whether browsers reach the dashboard by https. */
  constructor(
    { db, keyDb }: { db: Db; keyDb: Db },
    authenticator: Authenticator,
    isSecure: () => boolean,
  ) {
    this.#db = db
    this.#keyDb = keyDb
    this.#authenticator = authenticator
    this.#isSecure = isSecure
  }

  /** Begins a session with a secret key. Returns its token, which is stored only as a hash. */
  async begin(
    secretKey: string,
    { nowMs, origin, throttledLookup, charge }: SignInContext,
  ): Promise<{ token: string; auth: Auth } | Refusal> {
    const bearer = `Bearer ${secretKey}`
    const found = await this.#authenticator.authenticate(bearer, nowMs, throttledLookup)
    if ('refusal' in found) {
      // Wrong keys before it can cause the refusal of a wrong key, but not of a right one.
      const tooOften = await this.#failures.record(this.#db, { secretKey, origin, nowMs })
      return tooOften ?? found
    }
    const auth = { ...found, byDashboard: true } as const
    const refusal = charge(auth) ?? (await this.#refuseSignIn(auth, nowMs))
    if (refusal) return refusal
    const token = randomCharacters(52)
    const now = toTimestamp(nowMs)
    await this.#db.transaction().execute(async (tx) => {
      await insertSession(tx, {
        tokenHash: hashToken(token),
        keyId: auth.keyId,
        now,
        expiresAt: promisedEnd(now, sessionSecondsMax),
        max: sessionsOfKeyMax,
      })
      await recordAudit(tx, actorOf({ auth, origin }), {
        action: 'dashboard.signed_in',
        target: targetOf(auth),
      })
    })
    return { token, auth }
  }

  async #refuseSignIn({ keyId, merchantId, livemode }: Auth, nowMs: number) {
    const account = `${merchantId} ${livemode ? 'live' : 'test'}`
    const { ofKey, ofAccount } = await countSignIn(this.#db, { keyId, account })
    if (ofKey <= signInsPerMinute.key && ofAccount <= signInsPerMinute.account) return null
    const limit = ofKey > signInsPerMinute.key ? signInsPerMinute.key : signInsPerMinute.account
    const reset = (Math.floor(nowMs / 60_000) + 1) * 60
    return refuseTooMany({ limit, remaining: 0, reset, exceeded: true }, nowMs)
  }

  /**
   * The caller of a request's session, or `null` without a session cookie of the dashboard's own pages.
   * Sessions are not cached: a revoked key ends its sessions at once.
   */
  async find(
    request: FastifyRequest,
    nowMs: number,
    throttledLookup: ThrottledLookup = (lookUp) => lookUp(),
  ): Promise<Auth | Refusal | null> {
    const token = readSessionCookie(readHeader(request, 'cookie'), { secure: this.#isSecure() })
    if (token === null || !isOwnRequest(request)) return null
    const tokenHash = hashToken(token)
    const lookUp = () => this.#lookUp(tokenHash, nowMs)
    const wasValid = this.#valid.has(tokenHash.toString('base64url'))
    const auth = await (wasValid ? lookUp() : throttledLookup(lookUp))
    if ('refusal' in auth) return auth
    return {
      ...auth,
      byDashboard: true,
      budgets: [
        { name: `session ${tokenHash.toString('base64url')}`, perMinute: sessionRequestsPerMinute },
        ...auth.budgets,
      ],
    }
  }

  async #lookUp(tokenHash: Buffer, nowMs: number): Promise<Auth | Refusal> {
    const key = await findKeyBySession(this.#keyDb, { tokenHash, now: toTimestamp(nowMs) })
    const auth = key
      ? authOf(key, nowMs)
      : refuse('unauthorized', 'The session has ended: sign in again.')
    const name = tokenHash.toString('base64url')
    this.#valid.delete(name)
    if ('refusal' in auth) return auth
    this.#valid.add(name)
    forgetOldest(this.#valid, validMax)
    return auth
  }

  /** Ends the session of a request, if it has one. */
  async end(request: FastifyRequest): Promise<void> {
    const token = readSessionCookie(readHeader(request, 'cookie'), { secure: this.#isSecure() })
    if (token === null) return
    const tokenHash = hashToken(token)
    await this.#db.transaction().execute(async (tx) => {
      const now = toTimestamp(Date.now())
      const key = await findKeyBySession(tx, { tokenHash, now })
      const isEnd = await deleteSession(tx, tokenHash)
      if (!key || !isEnd) return
      const actor = {
        account: { merchantId: key.merchant_id, livemode: key.livemode },
        actor: { type: 'dashboard', id: key.id },
        origin: originOf(request),
      } as const
      const target = { type: 'dashboard_session', id: key.id } as const
      await recordAudit(tx, actor, { action: 'dashboard.signed_out', target })
    })
  }
}

/** The audit log names a session by its key, because its token is a secret. */
function targetOf({ keyId }: Auth) {
  return { type: 'dashboard_session', id: keyId } as const
}

/** A token has 260 random bits, so a plain hash protects it even if the table is stolen. */
function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
