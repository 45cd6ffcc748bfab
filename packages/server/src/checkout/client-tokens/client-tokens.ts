import { randomBytes } from 'node:crypto'
import {
  type ClientToken,
  operations,
  type PaymentId,
  type Scope,
  scopesOf,
} from '@hedgepayments/contract'
import type { FastifyRequest } from 'fastify'
import { errors, jwtVerify, SignJWT } from 'jose'
import type { Db } from '../../database/db.ts'
import { randomCharacters } from '../../domain/ids.ts'
import { promisedEnd, toMs, toTimestamp } from '../../domain/time.ts'
import { type Refusal, refuse } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import { readHeader } from '../../http/request/headers.ts'
import { authOf, unauthorized } from '../../merchants/authenticate.ts'
import { findKeyById, findOrInsertSigningKey } from './client-tokens.sql.ts'

/** Source: api.md, "The rest of the vendor's surface": 15 minutes. */
const lifetimeSeconds = 900
/**
 * Requests a minute for one payment (two pages that poll every second), and for all payments of a
 * merchant and mode. They do not count against the key that created the token: customers must not use
 * up the rate limit of the merchant's programs.
 */
const perMinute = { payment: 120, account: 6_000 } as const
const algorithm = 'HS256'
const audience = 'hedge:client-token'

/** Tokens by which a browser can read one payment. Valid as long as the key that created them. */
export class ClientTokens {
  readonly #db: Db
  #signingKey: Promise<Uint8Array> | null = null

  constructor(db: Db) {
    this.#db = db
  }

  /** Creates a token. It expires by the real time, whatever the test clock says. */
  async create(auth: Auth, paymentId: string, nowMs: number): Promise<ClientToken> {
    const now = toMs(toTimestamp(nowMs)) / 1000
    const expiresAt = toMs(promisedEnd(toTimestamp(nowMs), lifetimeSeconds)) / 1000
    const token = await new SignJWT({ key: auth.keyId })
      .setProtectedHeader({ alg: algorithm })
      .setSubject(paymentId)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(expiresAt)
      .sign(await this.#key(nowMs))
    return {
      object: 'client_token',
      livemode: auth.livemode,
      payment_id: paymentId as PaymentId,
      token,
      expires_at: toTimestamp(expiresAt * 1000),
    }
  }

  /** Authenticates a request by its token, which permits reading its payment and nothing else. */
  async authenticate(request: FastifyRequest, nowMs: number): Promise<Auth | Refusal> {
    const claims = await this.#verify(readClientToken(request) ?? '', nowMs)
    if (!claims) return unauthorized('Invalid client token.')
    if ('refusal' in claims) return claims
    const key = await findKeyById(this.#db, claims.keyId)
    const auth = key ? authOf(key, nowMs) : unauthorized('Invalid client token.')
    if ('refusal' in auth) return auth
    const { id } = (request.params ?? {}) as { id?: string }
    const { operation } = request.routeOptions.config ?? {}
    if (operation?.id !== operations.retrievePayment.id || id !== claims.paymentId) {
      const needed = operation ? [...scopesOf(operation)] : []
      return refuse('insufficient_permissions', 'A client token can only read its own payment.', {
        required_scope: needed[0] ?? 'any',
        missing_scopes: needed,
        scopes: [],
      })
    }
    const scopes = new Set<Scope>(['payments:read'])
    const account = `${auth.merchantId} ${auth.livemode ? 'live' : 'test'}`
    const budgets = [
      { name: `client tokens of ${claims.paymentId}`, perMinute: perMinute.payment },
      { name: `client tokens of ${account}`, perMinute: perMinute.account },
    ]
    return { ...auth, scopes, budgets }
  }

  async #verify(
    token: string,
    nowMs: number,
  ): Promise<{ paymentId: string; keyId: string } | Refusal | null> {
    try {
      const { payload } = await jwtVerify(token, await this.#key(nowMs), {
        algorithms: [algorithm],
        audience,
        currentDate: new Date(nowMs),
      })
      const { sub: paymentId, key: keyId } = payload
      return paymentId !== undefined && typeof keyId === 'string' ? { paymentId, keyId } : null
    } catch (error) {
      if (error instanceof errors.JWTExpired) return unauthorized('This client token has expired.')
      if (error instanceof errors.JOSEError) return null
      throw error
    }
  }

  /** The signing key. It is stored in the database, so that all processes use the same one. */
  #key(nowMs: number): Promise<Uint8Array> {
    this.#signingKey ??= findOrInsertSigningKey(this.#db, {
      id: `sig_${randomCharacters(16)}`,
      purpose: 'client_token',
      secret: randomBytes(32),
      now: toTimestamp(nowMs),
    }).then(
      ({ secret }) => secret,
      (error: unknown) => {
        this.#signingKey = null
        throw error
      },
    )
    return this.#signingKey
  }
}

/** The client token of a request: a bearer token in the form of a JWT, which no API key has. */
export function readClientToken(request: FastifyRequest): string | null {
  const header = readHeader(request, 'authorization') ?? ''
  return /^bearer +(eyJ[\w-]+\.[\w-]+\.[\w-]+) *$/i.exec(header)?.[1] ?? null
}
