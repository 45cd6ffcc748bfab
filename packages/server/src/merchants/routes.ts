import { isId, type Merchant, type MerchantId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../database/connect.ts'
import type { MerchantRow } from '../database/schema.ts'
import { answer } from '../http/answer.ts'
import { implement } from '../http/implement.ts'
import { renderList } from '../http/pagination.ts'
import { type Refusal, refuse, refuseField } from '../http/refusal.ts'
import { once } from '../idempotency/once.ts'
import { newId } from '../ids.ts'
import { readBalance } from '../ledger/balance.ts'
import { toTimestamp } from '../time.ts'
import { findRequestsPerMinute, listKeys, renderKey, revokeKey } from './keys.sql.ts'
import { createKey, defaultRequestsPerMinute } from './keys.ts'
import { findMerchant, insertMerchant, updateMerchant } from './merchants.sql.ts'

/** Key pairs and merchants. */
export function merchantRoutes(app: FastifyInstance, { db }: { db: Db }): void {
  keyRoutes(app, db)

  implement(app, operations.createMerchant, (request) =>
    once(db, request, async (tx) => {
      const { body, now } = request
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
      const apiKeys = []
      for (const livemode of [false, true]) {
        apiKeys.push(await createKey(tx, { account: { merchantId: row.id, livemode }, now }))
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

  implement(app, operations.updateMerchant, async ({ auth, params: { id }, body, now }) => {
    if (id !== auth.merchantId) return merchantNotFound()
    const row = await updateMerchant(db, {
      id,
      name: body.name ?? null,
      defaultCancelWindow: body.default_cancel_window ?? null,
      feeBasisPoints: body.fee_basis_points,
      feeFixedMinor: body.fee_fixed,
      now,
    })
    return row ? answer(200, renderMerchant(row)) : merchantNotFound()
  })
}

function keyRoutes(app: FastifyInstance, db: Db): void {
  implement(app, operations.listApiKeys, async ({ auth }) => {
    const data = (await listKeys(db, auth)).map(renderKey)
    return answer(200, renderList({ data, hasMore: false, url: '/v1/auth/api-keys' }))
  })

  implement(app, operations.createApiKey, (request) =>
    once(db, request, async (tx) => {
      const { auth, body, now } = request
      const missing = body.scopes?.find((scope) => !auth.scopes.has(scope))
      if (missing) return refuseField('scopes', missing, 'scopes that your own key has')
      const expiresAt = body.expires_at ? toTimestamp(Date.parse(body.expires_at)) : null
      if (expiresAt !== null && expiresAt <= now) {
        return refuseField('expires_at', body.expires_at, 'a moment in the future')
      }
      const ownLimit = await findRequestsPerMinute(tx, auth.keyId)
      const limit = body.requests_per_minute
      if (limit !== undefined && limit > ownLimit) {
        return refuseField('requests_per_minute', limit, `no more than your own key's ${ownLimit}`)
      }
      const key = await createKey(tx, {
        account: auth,
        requestsPerMinute: limit ?? Math.min(ownLimit, defaultRequestsPerMinute(auth.livemode)),
        now,
        name: body.name ?? null,
        scopes: body.scopes ?? [...auth.scopes],
        expiresAt,
      })
      return answer(201, key)
    }),
  )

  implement(app, operations.revokeApiKey, async ({ auth, params: { id }, now }) => {
    const row = isId('key', id) ? await revokeKey(db, { account: auth, id, now }) : undefined
    return row ? answer(200, renderKey(row)) : refuse('not_found', 'API key not found.')
  })
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

function merchantNotFound(): Refusal {
  return refuse('not_found', 'Merchant not found.')
}
