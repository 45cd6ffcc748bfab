import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { actorOf, recordAudit } from '../audit/record.ts'
import type { Db, Tx } from '../database/db.ts'
import { type Timestamp, toTimestamp } from '../domain/time.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import { type ApiRequest, implement } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { once } from '../idempotency/once.ts'
import { openPage } from '../lists/fence.ts'
import {
  findKey,
  findKeyBounds,
  isBelowKeyLimit,
  listKeys,
  renderKey,
  revokeKey,
} from './keys.sql.ts'
import {
  createKey,
  defaultRequestsPerMinute,
  sharedBudgetsMax,
  sharedBudgetsOf,
  tooDeep,
} from './keys.ts'

/** Routes of the API keys of a merchant. */
export function keyRoutes(app: FastifyInstance, { db }: { db: Db }): void {
  implement(app, operations.listApiKeys, async ({ auth, query }) => {
    const page = await openPage(db, { kind: 'key', account: auth, query })
    if ('refusal' in page) return page
    const { rows, ...more } = await listKeys(db, { account: auth, page })
    return answer(200, renderList({ data: rows.map(renderKey), ...more, url: '/v1/auth/api-keys' }))
  })

  implement(app, operations.createApiKey, (request) =>
    once(db, request, (tx) => createApiKey(tx, request)),
  )

  implement(app, operations.revokeApiKey, async (request) => {
    const { auth, params, now } = request
    const { id } = params
    if (!isId('key', id)) return keyNotFound()
    return await db.transaction().execute(async (tx) => {
      const isEnd = await revokeKey(tx, { account: auth, id, now })
      const row = await findKey(tx, { account: auth, id })
      if (!row) return keyNotFound()
      const target = { type: 'api_key', id } as const
      // A key that was revoked before gets no second entry.
      if (isEnd) await recordAudit(tx, actorOf(request), { action: 'api_key.revoked', target })
      return answer(200, renderKey(row))
    })
  })
}

async function createApiKey(
  tx: Tx,
  request: ApiRequest<typeof operations.createApiKey>,
): Promise<Reply> {
  const { auth, body, now } = request
  const missing = body.scopes?.find((scope) => !auth.scopes.has(scope))
  if (missing) return refuseField('scopes', missing, 'scopes that your own key has')
  const own = await findKeyBounds(tx, auth.keyId)
  const expiresAt = readEnd(body.expires_at, own.expiresAt)
  if (expiresAt !== null && typeof expiresAt !== 'string') return expiresAt
  const limit = body.requests_per_minute
  if (limit !== undefined && limit > own.requestsPerMinute) {
    const expected = `no more than your own key's ${own.requestsPerMinute}`
    return refuseField('requests_per_minute', limit, expected)
  }
  const sharedBudgets = sharedBudgetsOf(own, auth)
  if (sharedBudgets.length > sharedBudgetsMax) return tooDeep()
  if (!(await isBelowKeyLimit(tx, { account: auth, max: keysMax }))) return tooManyKeys()
  const key = await createKey(tx, {
    account: auth,
    sharedBudgets,
    requestsPerMinute:
      limit ?? Math.min(own.requestsPerMinute, defaultRequestsPerMinute(auth.livemode)),
    now,
    name: body.name ?? null,
    scopes: body.scopes ?? [...auth.scopes],
    expiresAt,
    actor: actorOf(request),
  })
  return answer(201, key)
}

/**
 * The expiry of a new key: by default that of the key that creates it, and never later. Keys expire by
 * the real time, so a test clock does not extend them.
 */
function readEnd(
  given: string | null | undefined,
  own: Timestamp | null,
): Timestamp | Refusal | null {
  if (given === undefined) return own
  const end = given === null ? null : toTimestamp(Date.parse(given))
  if (end !== null && end <= toTimestamp(Date.now())) {
    return refuseField('expires_at', given, 'a time in the future')
  }
  if (own !== null && (end === null || end > own)) {
    return refuseField('expires_at', given, `no later than your own key's ${own}`)
  }
  return end
}

/** Keys in use of a merchant and mode: more than it has programs, but too few to fill the table. */
const keysMax = 1_000

function tooManyKeys(): Refusal {
  return refuseField('api_keys', keysMax, `fewer than ${keysMax} keys in use: revoke one first`)
}

function keyNotFound(): Refusal {
  return refuse('not_found', 'API key not found.')
}
