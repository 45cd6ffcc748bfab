import { hash, randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Db } from '../database/connect.ts'
import type { Auth } from '../http/auth.ts'
import { type Refusal, refuse } from '../http/refusal.ts'
import { type Authenticator, authOf } from '../merchants/authenticate.ts'
import { plusSeconds, toTimestamp } from '../time.ts'
import { readSessionCookie } from './cookie.ts'
import { isOwnRequest } from './same-origin.ts'
import { deleteSession, findKeyBySession, insertSession } from './sessions.sql.ts'

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
  readonly #authenticator: Authenticator

  constructor(db: Db, authenticator: Authenticator) {
    this.#db = db
    this.#authenticator = authenticator
  }

  /** Begins a session with a secret key; returns its token, which is stored nowhere. */
  async begin(secretKey: string, nowMs: number): Promise<{ token: string; auth: Auth } | Refusal> {
    const auth = await this.#authenticator.authenticate(`Bearer ${secretKey}`, nowMs)
    if ('refusal' in auth) return auth
    const token = randomBytes(32).toString('base64url')
    const now = toTimestamp(nowMs)
    await insertSession(this.#db, {
      tokenHash: hashToken(token),
      keyId: auth.keyId,
      now,
      expiresAt: plusSeconds(now, sessionSecondsMax),
    })
    return { token, auth }
  }

  /**
   * The holder of the session that a request shows, or `null` where it shows none that counts. The
   * database is asked each time: a revoked key ends its sessions at once.
   */
  async find(request: FastifyRequest, nowMs: number): Promise<Auth | Refusal | null> {
    const token = readSessionCookie(request.headers.cookie)
    if (token === null || !isOwnRequest(request.method, request.headers)) return null
    const key = await findKeyBySession(this.#db, {
      tokenHash: hashToken(token),
      now: toTimestamp(nowMs),
    })
    if (!key) return refuse('unauthorized', 'The session has ended: sign in again.')
    const auth = authOf(key, nowMs)
    if ('refusal' in auth) return auth
    return {
      ...auth,
      requestsPerMinute: sessionRequestsPerMinute,
      countedAs: `dashboard ${auth.keyId}`,
    }
  }

  /** Ends the session of a request, where it has one. */
  async end(request: FastifyRequest): Promise<void> {
    const token = readSessionCookie(request.headers.cookie)
    if (token !== null) await deleteSession(this.#db, hashToken(token))
  }
}

/** 32 random bytes cannot be guessed, so a plain hash keeps a stolen table useless. */
function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
