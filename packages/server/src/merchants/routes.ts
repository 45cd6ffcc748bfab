import { isId, type Merchant, type MerchantId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { actorOf, changesOf, recordAudit } from '../audit/record.ts'
import type { Db } from '../database/connect.ts'
import type { MerchantRow } from '../database/schema.ts'
import { newId } from '../domain/ids.ts'
import type { Timestamp } from '../domain/time.ts'
import { toTimestamp } from '../domain/time.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import { type ApiRequest, implement } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { once, type Tx } from '../idempotency/once.ts'
import { readBalance } from '../ledger/balance.ts'
import { openPage } from '../lists/fence.ts'
import {
  findKey,
  findKeyBounds,
  isBelowKeyLimit,
  listKeys,
  renderKey,
  revokeKey,
} from './keys.sql.ts'
import { createKey, defaultRequestsPerMinute, sharedBudgetsMax, sharedBudgetsOf } from './keys.ts'
import {
  findMerchant,
  hasLiveKey,
  insertMerchant,
  lockMerchant,
  updateMerchant,
} from './merchants.sql.ts'

/** Routes of merchants and their API keys. */
export function merchantRoutes(app: FastifyInstance, { db }: { db: Db }): void {
  keyRoutes(app, db)

  implement(app, operations.createMerchant, (request) =>
    once(db, request, async (tx) => {
      const { auth, body, now } = request
      const own = await findKeyBounds(tx, auth.keyId)
      const isTooDeep = sharedBudgetsOf(own, auth).length > sharedBudgetsMax
      if (isTooDeep) return tooDeep()
      const row: MerchantRow = {
        id: newId<MerchantId>('merchant'),
        name: body.name,
        default_cancel_window: body.default_cancel_window ?? 0,
        fee_basis_points: body.fee_basis_points ?? null,
        fee_fixed_minor: body.fee_fixed ?? null,
        created_at: now,
        updated_at: now,
      }
      await insertMerchant(tx, row)
      const actor = actorOf(request)
      const target = { type: 'merchant', id: row.id } as const
      await recordAudit(tx, actor, {
        action: 'merchant.created',
        target,
        details: { name: row.name },
      })
      const apiKeys = []
      // Live keys reach the operator's own processor, so a test key cannot create one.
      for (const livemode of auth.livemode ? [false, true] : [false]) {
        const account = { merchantId: row.id, livemode }
        const key = await createKey(tx, {
          account,
          now,
          scopes: [...auth.scopes],
          requestsPerMinute: Math.min(own.requestsPerMinute, defaultRequestsPerMinute(livemode)),
          sharedBudgets: sharedBudgetsOf(own, account),
          expiresAt: own.expiresAt,
          // In the new merchant's audit log: another merchant created its first keys.
          actor: { ...actor, account },
        })
        apiKeys.push(key)
      }
      return answer(201, { ...renderMerchant(row), api_keys: apiKeys })
    }),
  )

  implement(app, operations.retrieveMerchant, async ({ auth, params: { id } }) => {
    const row = id === auth.merchantId ? await findMerchant(db, id) : undefined
    return row ? answer(200, renderMerchant(row)) : merchantNotFound()
  })

  implement(app, operations.retrieveBalance, async ({ auth, params: { id } }) => {
    if (id !== auth.merchantId) return merchantNotFound()
    return answer(200, await readBalance(db, auth))
  })

  implement(app, operations.updateMerchant, async (request) => {
    if (request.params.id !== request.auth.merchantId) return merchantNotFound()
    return await once(db, request, (tx) => changeMerchant(tx, request))
  })
}

async function changeMerchant(
  tx: Tx,
  request: ApiRequest<typeof operations.updateMerchant>,
): Promise<Reply> {
  const { id } = request.params
  const { body, now } = request
  const before = await lockMerchant(tx, id)
  const refusal = await refuseLiveFields(tx, request)
  if (refusal) return refusal
  const row = await updateMerchant(tx, {
    id,
    name: body.name ?? null,
    defaultCancelWindow: body.default_cancel_window ?? null,
    feeBasisPoints: body.fee_basis_points,
    feeFixedMinor: body.fee_fixed,
    now,
  })
  if (!before || !row) return merchantNotFound()
  const [from, to] = [renderMerchant(before), renderMerchant(row)]
  await recordAudit(tx, actorOf(request), {
    action: 'merchant.updated',
    target: { type: 'merchant', id },
    details: changesOf(from, to, [
      'name',
      'default_cancel_window',
      'fee_basis_points',
      'fee_fixed',
    ]),
  })
  return answer(200, to)
}

/** Fields that affect live payments as well as test payments. */
const liveFields = ['default_cancel_window', 'fee_basis_points', 'fee_fixed'] as const

/** Refuses a test key that changes `liveFields` of a merchant with a live key. */
async function refuseLiveFields(
  tx: Tx,
  { auth, body }: ApiRequest<typeof operations.updateMerchant>,
): Promise<Refusal | null> {
  const field = liveFields.find((name) => body[name] !== undefined)
  if (field === undefined || auth.livemode || !(await hasLiveKey(tx, auth.merchantId))) return null
  return refuse(
    'insufficient_permissions',
    `A test key cannot change ${field}, which applies to live mode too. Use a live key.`,
    {
      field,
      required_scope: operations.updateMerchant.scope,
      missing_scopes: [],
      scopes: [...auth.scopes],
    },
  )
}

function keyRoutes(app: FastifyInstance, db: Db): void {
  implement(app, operations.listApiKeys, async ({ auth, query }) => {
    const page = await openPage(db, { kind: 'key', account: auth, query })
    if ('refusal' in page) return page
    const { rows, hasMore } = await listKeys(db, { account: auth, page })
    return answer(200, renderList({ data: rows.map(renderKey), hasMore, url: '/v1/auth/api-keys' }))
  })

  implement(app, operations.createApiKey, (request) =>
    once(db, request, async (tx) => {
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
    }),
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

function renderMerchant(row: MerchantRow): Merchant {
  return {
    id: row.id as MerchantId,
    object: 'merchant',
    name: row.name,
    default_cancel_window: row.default_cancel_window,
    fee_basis_points: row.fee_basis_points,
    fee_fixed: row.fee_fixed_minor,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

/** Keys in use of a merchant and mode: more than it has programs, but too few to fill the table. */
const keysMax = 1_000

function tooManyKeys(): Refusal {
  return refuseField('api_keys', keysMax, `fewer than ${keysMax} keys in use: revoke one first`)
}

/** Each request counts against all budgets above its key, so their number is limited. */
function tooDeep(): Refusal {
  return refuseField(
    'Authorization',
    `a key below ${sharedBudgetsMax} higher limits`,
    'a key nearer to the one that the operator made',
  )
}

function keyNotFound(): Refusal {
  return refuse('not_found', 'API key not found.')
}

function merchantNotFound(): Refusal {
  return refuse('not_found', 'Merchant not found.')
}
