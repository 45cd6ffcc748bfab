import { timingSafeEqual } from 'node:crypto'
import type { KeyId, MerchantId } from '@hedgepayments/contract'
import type { Db } from '../database/db.ts'
import { forgetOldest } from '../domain/maps.ts'
import { type Refusal, refuse } from '../http/answers/refusal.ts'
import type { ThrottledLookup } from '../http/limits/lookup-throttle.ts'
import type { Auth } from '../http/request/auth.ts'
import { budgetsOf, findKeyByHash, type KeyForAuth } from './keys.sql.ts'
import { hashSecret, isPublishableKey, isSecretKey } from './secrets.ts'

/**
 * How long a key is cached. A revoked key must be refused by every process within 5 seconds; the
 * difference allows for a slow look-up.
 */
const cacheMs = 2_000
/** Cached keys. The oldest is dropped first. A key takes a few hundred bytes. */
const cachedKeysMax = 10_000

interface Cached {
  readonly key: KeyForAuth
  readonly auth: Auth
  /** By the monotonic clock: if the system clock were set back, the key would stay cached. */
  readonly readAtMs: number
}

/** Finds the API key of an Authorization header. */
export class Authenticator {
  readonly #db: Db
  readonly #cache = new Map<string, Cached>()
  readonly #running = new Map<string, Promise<Auth | Refusal>>()

  constructor(db: Db) {
    this.#db = db
  }

  /**
   * Returns the key's caller, or a 401 that names the fault. Returns synchronously for a cached key.
   * Concurrent look-ups of one key share a query. Keys that were never cached are looked up by
   * `throttledLookup`.
   */
  authenticate(
    header: string | undefined,
    nowMs: number,
    throttledLookup: ThrottledLookup = (lookUp) => lookUp(),
  ): Auth | Refusal | Promise<Auth | Refusal> {
    const secret = readBearer(header)
    if (typeof secret !== 'string') return secret
    const secretHash = hashSecret(secret)
    const name = secretHash.toString('latin1')
    const cached = this.#cache.get(name)
    if (cached && performance.now() - cached.readAtMs < cacheMs) return checkKey(cached, nowMs)
    let running = this.#running.get(name)
    if (!running) {
      const lookUp = () => this.#lookUp(secretHash, name, nowMs)
      const started = cached ? lookUp() : throttledLookup(lookUp)
      running = started.finally(() => this.#running.delete(name))
      this.#running.set(name, running)
    }
    return running
  }

  /** Removes a merchant's keys from the cache, after a change that they depend on. */
  forget(merchantId: string): void {
    for (const [name, { key }] of this.#cache) {
      if (key.merchant_id === merchantId) this.#cache.delete(name)
    }
  }

  async #lookUp(secretHash: Buffer, name: string, nowMs: number): Promise<Auth | Refusal> {
    const readAtMs = performance.now()
    const key = await findKeyByHash(this.#db, secretHash)
    if (!key || !timingSafeEqual(key.secret_hash, secretHash)) {
      this.#cache.delete(name)
      return unauthorized('Invalid API key.')
    }
    const cached = { key, auth: toAuth(key), readAtMs }
    this.#cache.delete(name)
    this.#cache.set(name, cached)
    forgetOldest(this.#cache, cachedKeysMax)
    return checkKey(cached, nowMs)
  }
}

function readBearer(header: string | undefined): string | Refusal {
  if (header === undefined || header === '') {
    return unauthorized('Missing API key: send Authorization: Bearer sk_….')
  }
  // No two parts of the pattern match the same characters, so that hostile input cannot backtrack.
  const match = /^bearer +(\S+)$/i.exec(header.trimEnd())
  const token = match?.[1]
  if (token === undefined)
    return unauthorized('Malformed Authorization header: expected Bearer sk_….')
  if (isPublishableKey(token)) {
    return unauthorized('This is a publishable key: use the secret key, sk_….')
  }
  return isSecretKey(token) ? token : unauthorized('Invalid API key.')
}

/** The caller of a key, or a 401 if the key was revoked or has expired. */
export function authOf(key: KeyForAuth, nowMs: number): Auth | Refusal {
  return checkKey({ key, auth: toAuth(key) }, nowMs)
}

function checkKey({ key, auth }: Pick<Cached, 'key' | 'auth'>, nowMs: number): Auth | Refusal {
  if (key.revoked_at !== null) return unauthorized('This API key was revoked.')
  if (key.expires_at !== null && Date.parse(key.expires_at) <= nowMs) {
    return unauthorized('This API key has expired.')
  }
  return auth
}

function toAuth(key: KeyForAuth): Auth {
  return {
    keyId: key.id as KeyId,
    merchantId: key.merchant_id as MerchantId,
    livemode: key.livemode,
    scopes: new Set(key.scopes),
    budgets: budgetsOf(key),
    clockOffsetSeconds: key.clock_offset_seconds,
  }
}

/** The 401 of a request without valid credentials. */
export function unauthorized(message: string): Refusal {
  return { ...refuse('unauthorized', message), headers: { 'www-authenticate': 'Bearer' } }
}
