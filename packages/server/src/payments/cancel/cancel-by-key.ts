import type { PendingCancellation } from '@hedgepayments/contract'
import type { Db, Tx } from '../../database/db.ts'
import type { IdempotencyRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import { type IdempotencyKey, parseIdempotencyKey } from '../../http/request/idempotency-key.ts'
import { once } from '../../idempotency/once.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { recordDropped } from '../../idempotency/replay.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { awaitedUntil, hasExpired } from './awaited-cancel.ts'
import { cancelInTransaction } from './cancel.ts'
import { deleteAwaitedCancel, insertAwaitedCancel } from './cancel-by-key.sql.ts'

/** A request to cancel a payment by the idempotency key of its create. */
export interface CancelByKeyRequest {
  readonly auth: Auth
  /** The `Idempotency-Key` header of the create. */
  readonly createKey: string
  readonly reason: string | null
  /** The key of this request. */
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
}

/**
 * Cancels a payment by the idempotency key of its create, for a client that lost the answer to the
 * create. Where the create has not arrived, stores the cancel and answers 202. Create and cancel write
 * the same record, so the second of them finds the first.
 * Source: api.md, Payments.
 */
export async function cancelByKey(db: Db, request: CancelByKeyRequest): Promise<Reply> {
  const { auth, reason, now } = request
  const createKey = readCreateKey(request)
  if (typeof createKey !== 'string') return createKey
  return await once(
    db,
    { ...request, operationId: 'cancelPaymentByIdempotencyKey' },
    async (tx) => {
      const record = await findOrAwait(tx, request, createKey)
      if (!record) return recordDropped()
      if (record.operation !== 'createPayment') {
        return refuse('not_found', 'The idempotency key was used, but not to create a payment.')
      }
      if (record.outcome === 'awaited') return answer(202, renderAwaited(record))
      if (record.payment_id === null) {
        return refuse('not_found', 'The idempotency key has made no payment.')
      }
      return await cancelInTransaction(tx, {
        merchantId: auth.merchantId,
        livemode: auth.livemode,
        paymentId: record.payment_id,
        reason,
        actorType: 'api_key',
        actorId: auth.keyId,
        now,
      })
    },
  )
}

const createKeyField = 'idempotency_key'

/** Parses the create's key as its header would be parsed. */
function readCreateKey({ createKey, idempotency }: CancelByKeyRequest): string | Refusal {
  // HTTP removes blanks at both ends of a header.
  if (createKey.trim() !== createKey) {
    return refuseField(createKeyField, createKey, 'a key without a blank at its beginning or end')
  }
  const key = parseIdempotencyKey(createKey, createKeyField)
  if (key === idempotency?.key) {
    return refuseField(createKeyField, createKey, 'the key of the create, not that of this request')
  }
  return key
}

/** Finds the record of the create's key, or stores this cancel as an awaited one. */
async function findOrAwait(
  tx: Tx,
  { auth, reason }: CancelByKeyRequest,
  key: string,
): Promise<IdempotencyRow | undefined> {
  const found = await findRecord(tx, { account: auth, key })
  if (found && found.outcome !== 'awaited') return found
  const now = await readDatabaseTime(tx, auth)
  if (found && !hasExpired(found, now)) return found
  if (found) {
    await deleteAwaitedCancel(tx, { account: auth, key, createdAt: found.created_at })
  }
  return (
    (await insertAwaitedCancel(tx, { account: auth, key, reason, actorId: auth.keyId, now })) ??
    (await findRecord(tx, { account: auth, key }))
  )
}

function renderAwaited(record: IdempotencyRow): PendingCancellation {
  return {
    object: 'pending_cancellation',
    livemode: record.livemode,
    idempotency_key: record.key,
    reason: record.reason,
    created_at: record.created_at,
    expires_at: awaitedUntil(record),
  }
}
