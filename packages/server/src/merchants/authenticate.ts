import { timingSafeEqual } from 'node:crypto'
import type { KeyId, MerchantId } from '@hedgepayments/contract'
import type { Db } from '../database/connect.ts'
import { type Refusal, refuse } from '../http/answers/refusal.ts'
import type { ThrottledLookup } from '../http/limits/lookup-throttle.ts'
import type { Auth } from '../http/request/auth.ts'
import { budgetsOf, findKeyByHash, type KeyForAuth } from './keys.sql.ts'
import { hashSecret, isPublishableKey, isSecretKey } from './secrets.ts'

/**
 * How long a key is taken as valid without asking the database again. A revoked key is refused
 * everywhere within 5 seconds; the rest is room for a slow look-up. Source: issue text.
 */
const freshMs = 2_000
/** Keys held at once; the oldest goes first. A key weighs a few hundred bytes. */
const cachedKeysMax = 10_000

interface Cached {
  readonly key: KeyForAuth
  readonly auth: Auth
  /** By the process's own clock: the other one may be set back, and a key would stay fresh. */
  readonly readAtMs: number
}

/** Tells who asks by the Authorization header. */
export class Authenticator {
  readonly #db: Db
  readonly #cache = new Map<string, Cached>()
  readonly #running = new Map<string, Promise<Auth | Refusal>>()

  constructor(db: Db) {
    this.#db = db
  }

  /**
   * The holder of the key, or the 401 that says what is wrong. Answers at once where the key was
   * looked up a moment ago; concurrent look-ups of one key share a query. A key that is not known
   * yet is looked up by `throttledLookup`.
   */
  authenticate(
    header: string | undefined,
    nowMs: number,
    throttledLookup: ThrottledLookup = (work) => work(),
  ): Auth | Refusal | Promise<Auth | Refusal> {
    const secret = readBearer(header)
    if (typeof secret !== 'string') return secret
    const secretHash = hashSecret(secret)
    const name = secretHash.toString('latin1')
    const cached = this.#cache.get(name)
    if (cached && performance.now() - cached.readAtMs < freshMs) return judge(cached, nowMs)
    let running = this.#running.get(name)
    if (!running) {
      const lookUp = () => this.#lookUp(secretHash, name, nowMs)
      const started = cached ? lookUp() : throttledLookup(lookUp)
      running = started.finally(() => this.#running.delete(name))
      this.#running.set(name, running)
    }
    return running
  }

  /** What is remembered of a merchant's keys may be out of date: the next request looks it up. */
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
    if (this.#cache.size > cachedKeysMax) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest)
        break
      }
    }
    return judge(cached, nowMs)
  }
}

function readBearer(header: string | undefined): string | Refusal {
  if (header === undefined || header === '') {
    return unauthorized('Missing API key: send Authorization: Bearer sk_….')
  }
  // No two parts of the pattern match the same characters: it must not backtrack over hostile input.
  const match = /^bearer +(\S+)$/i.exec(header.trimEnd())
  const token = match?.[1]
  if (token === undefined)
    return unauthorized('Malformed Authorization header: expected Bearer sk_….')
  if (isPublishableKey(token)) {
    return unauthorized('This is a publishable key: use the secret key, sk_….')
  }
  return isSecretKey(token) ? token : unauthorized('Invalid API key.')
}

/** The holder of a key that was found, or the 401 that says what is wrong with it. */
export function authOf(key: KeyForAuth, nowMs: number): Auth | Refusal {
  return judge({ key, auth: toAuth(key) }, nowMs)
}

function judge({ key, auth }: Pick<Cached, 'key' | 'auth'>, nowMs: number): Auth | Refusal {
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

function unauthorized(message: string): Refusal {
  return { ...refuse('unauthorized', message), headers: { 'www-authenticate': 'Bearer' } }
}
