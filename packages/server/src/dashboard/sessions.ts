import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { doerOf, note } from '../audit/note.ts'
import type { Db } from '../database/connect.ts'
import type { Auth, Origin, RefuseStranger } from '../http/auth.ts'
import { originOf } from '../http/client-address.ts'
import { readHeader } from '../http/headers.ts'
import { type Refusal, refuse } from '../http/refusal.ts'
import { randomCharacters } from '../ids.ts'
import { type Authenticator, authOf } from '../merchants/authenticate.ts'
import { promisedEnd, toTimestamp } from '../time.ts'
import { readSessionCookie } from './cookie.ts'
import { isOwnRequest } from './same-origin.ts'
import { deleteSession, findKeyBySession, insertSession } from './sessions.sql.ts'
import { SignInFailures } from './sign-in-failures.ts'

/** A working day: whoever comes back tomorrow signs in again. */
export const sessionSecondsMax = 12 * 3_600

/**
 * Requests a minute of a signed-in key: a person with several busy windows. They are counted apart
 * from the key's own, so that looking at payments never keeps a program from making them.
 */
const sessionRequestsPerMinute = 1_200

/** Sign-ins of the dashboard. Each is a row, so that signing out ends it on the server as well. */
export class Sessions {
  readonly #db: Db
  readonly #keyDb: Db
  readonly #authenticator: Authenticator
  readonly #isSecure: () => boolean
  readonly #failures = new SignInFailures()

  /** @param isSecure whether the dashboard is reached by https. */
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

  /** Begins a session with a secret key; returns its token, which is stored nowhere. */
  async begin(
    secretKey: string,
    { nowMs, origin }: { nowMs: number; origin: Origin },
  ): Promise<{ token: string; auth: Auth } | Refusal> {
    const refusal = this.#failures.refusalOf(origin, nowMs)
    if (refusal) return refusal
    const found = await this.#authenticator.authenticate(`Bearer ${secretKey}`, nowMs)
    if ('refusal' in found) {
      await this.#failures.note(this.#db, { secretKey, origin, nowMs })
      return found
    }
    const auth = { ...found, byDashboard: true } as const
    const token = randomCharacters(52)
    const now = toTimestamp(nowMs)
    await this.#db.transaction().execute(async (tx) => {
      await insertSession(tx, {
        tokenHash: hashToken(token),
        keyId: auth.keyId,
        now,
        expiresAt: promisedEnd(now, sessionSecondsMax),
      })
      await note(tx, doerOf({ auth, origin }), { action: 'dashboard.signed_in', target: of(auth) })
    })
    return { token, auth }
  }

  /**
   * The holder of the session that a request shows, or `null` where it shows none that counts. The
   * database is asked each time: a revoked key ends its sessions at once.
   */
  async find(
    request: FastifyRequest,
    nowMs: number,
    refuseStranger: RefuseStranger = () => null,
  ): Promise<Auth | Refusal | null> {
    const token = readSessionCookie(readHeader(request, 'cookie'), { secure: this.#isSecure() })
    if (token === null || !isOwnRequest(request)) return null
    const refusal = refuseStranger()
    if (refusal) return refusal
    const key = await findKeyBySession(this.#keyDb, {
      tokenHash: hashToken(token),
      now: toTimestamp(nowMs),
    })
    if (!key) return refuse('unauthorized', 'The session has ended: sign in again.')
    const auth = authOf(key, nowMs)
    if ('refusal' in auth) return auth
    return {
      ...auth,
      byDashboard: true,
      requestsPerMinute: sessionRequestsPerMinute,
      countedAs: `dashboard ${auth.keyId}`,
    }
  }

  /** Ends the session of a request, where it has one. */
  async end(request: FastifyRequest): Promise<void> {
    const token = readSessionCookie(readHeader(request, 'cookie'), { secure: this.#isSecure() })
    if (token === null) return
    const tokenHash = hashToken(token)
    await this.#db.transaction().execute(async (tx) => {
      const now = toTimestamp(Date.now())
      const key = await findKeyBySession(tx, { tokenHash, now })
      const isEnd = await deleteSession(tx, tokenHash)
      if (!key || !isEnd) return
      const doer = {
        account: { merchantId: key.merchant_id, livemode: key.livemode },
        actor: { type: 'dashboard', id: key.id },
        origin: originOf(request),
      } as const
      const target = { type: 'dashboard_session', id: key.id } as const
      await note(tx, doer, { action: 'dashboard.signed_out', target })
    })
  }
}

/** A session is named by its key: its own token is a secret. */
function of({ keyId }: Auth) {
  return { type: 'dashboard_session', id: keyId } as const
}

/** 260 random bits cannot be guessed, so a plain hash keeps a stolen table useless. */
function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
