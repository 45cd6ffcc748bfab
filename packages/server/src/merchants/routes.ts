import {
  type ApiKeyWithSecret,
  type Merchant,
  type MerchantId,
  operations,
} from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { actorOf, changesOf, recordAudit } from '../audit/record.ts'
import type { Database } from '../database/connect.ts'
import type { Tx } from '../database/db.ts'
import type { MerchantRow } from '../database/schema.ts'
import { newId } from '../domain/ids.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { type Refusal, refuse } from '../http/answers/refusal.ts'
import { type ApiRequest, implement } from '../http/implement.ts'
import { once } from '../idempotency/once.ts'
import { readBalance } from '../ledger/balance.ts'
import { findKeyBounds, type KeyBounds } from './keys.sql.ts'
import {
  createKey,
  defaultRequestsPerMinute,
  sharedBudgetsMax,
  sharedBudgetsOf,
  tooDeep,
} from './keys.ts'
import {
  findMerchant,
  hasLiveKey,
  insertMerchant,
  lockMerchant,
  updateMerchant,
} from './merchants.sql.ts'

/** Routes of merchants. */
export function merchantRoutes(
  app: FastifyInstance,
  { db, readDb, publicUrl }: Pick<Database, 'db' | 'readDb'> & { publicUrl: () => string },
): void {
  implement(app, operations.createMerchant, (request) =>
    once(db, request, (tx) => createMerchant(tx, { request, apiUrl: publicUrl() })),
  )

  implement(app, operations.retrieveMerchant, async ({ auth, params: { id } }) => {
    const row = id === auth.merchantId ? await findMerchant(db, id) : undefined
    return row ? answer(200, renderMerchant(row, publicUrl())) : merchantNotFound()
  })

  implement(app, operations.retrieveBalance, async ({ auth, params: { id } }) => {
    if (id !== auth.merchantId) return merchantNotFound()
    return answer(200, await readBalance(readDb, auth))
  })

  implement(app, operations.updateMerchant, async (request) => {
    if (request.params.id !== request.auth.merchantId) return merchantNotFound()
    return await once(db, request, (tx) => changeMerchant(tx, { request, apiUrl: publicUrl() }))
  })
}

async function createMerchant(
  tx: Tx,
  { request, apiUrl }: { request: ApiRequest<typeof operations.createMerchant>; apiUrl: string },
): Promise<Reply> {
  const { auth, body, now } = request
  const creator = await findKeyBounds(tx, auth.keyId)
  if (sharedBudgetsOf(creator, auth).length > sharedBudgetsMax) return tooDeep()
  const id = newId<MerchantId>('merchant')
  const row: MerchantRow = {
    id,
    name: body.name,
    default_cancel_window: body.default_cancel_window ?? 0,
    fee_basis_points: body.fee_basis_points ?? null,
    fee_fixed_minor: body.fee_fixed ?? null,
    created_at: now,
    updated_at: now,
  }
  await insertMerchant(tx, row)
  await recordAudit(tx, actorOf(request), {
    action: 'merchant.created',
    target: { type: 'merchant', id },
    details: { name: row.name },
  })
  const keys = await createFirstKeys(tx, { request, merchantId: id, creator })
  return answer(201, { ...renderMerchant(row, apiUrl), api_keys: keys })
}

/** Creates a key pair for each mode that the creator's key may reach. */
async function createFirstKeys(
  tx: Tx,
  {
    request,
    merchantId,
    creator,
  }: {
    request: ApiRequest<typeof operations.createMerchant>
    merchantId: MerchantId
    creator: KeyBounds
  },
): Promise<ApiKeyWithSecret[]> {
  const { auth, now } = request
  const keys: ApiKeyWithSecret[] = []
  // Live keys reach the operator's own processor, so a test key cannot create one.
  for (const livemode of auth.livemode ? [false, true] : [false]) {
    const account = { merchantId, livemode }
    const key = await createKey(tx, {
      account,
      now,
      scopes: [...auth.scopes],
      requestsPerMinute: Math.min(creator.requestsPerMinute, defaultRequestsPerMinute(livemode)),
      sharedBudgets: sharedBudgetsOf(creator, account),
      expiresAt: creator.expiresAt,
      // In the new merchant's audit log: another merchant created its first keys.
      actor: { ...actorOf(request), account },
    })
    keys.push(key)
  }
  return keys
}

async function changeMerchant(
  tx: Tx,
  { request, apiUrl }: { request: ApiRequest<typeof operations.updateMerchant>; apiUrl: string },
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
  const [from, to] = [renderMerchant(before, apiUrl), renderMerchant(row, apiUrl)]
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

function renderMerchant(row: MerchantRow, apiUrl: string): Merchant {
  return {
    id: row.id as MerchantId,
    object: 'merchant',
    name: row.name,
    default_cancel_window: row.default_cancel_window,
    fee_basis_points: row.fee_basis_points,
    fee_fixed: row.fee_fixed_minor,
    api_url: apiUrl,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

function merchantNotFound(): Refusal {
  return refuse('not_found', 'Merchant not found.')
}
