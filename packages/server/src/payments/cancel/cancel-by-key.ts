import type { PendingCancellation } from '@hedgepayments/contract'
import type { Db } from '../../database/connect.ts'
import type { IdempotencyRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import { type IdempotencyKey, parseIdempotencyKey } from '../../http/request/idempotency-key.ts'
import { once, type Tx } from '../../idempotency/once.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { recordDropped } from '../../idempotency/replay.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { hasLapsed, promisedUntil } from './awaited-cancel.ts'
import { cancelInTransaction } from './cancel.ts'
import { dropAwaited, insertAwaited } from './cancel-by-key.sql.ts'

export interface CancelByKeyRequest {
  readonly auth: Auth
  /** The key that the create was, or will be, sent with: as its header has it. */
  readonly createKey: string
  readonly reason: string | null
  /** The key of this request itself. */
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
}

/**
 * Cancels the payment that a create with a key made, or is about to make: for a client that lost
 * the answer to its create. Both write the record of the key; whoever is second sees the other.
 */
export async function cancelByKey(db: Db, request: CancelByKeyRequest): Promise<Reply> {
  const { auth, reason, now } = request
  const createKey = readCreateKey(request)
  if (typeof createKey !== 'string') return createKey
  return await once(
    db,
    { ...request, operationId: 'cancelPaymentByIdempotencyKey' },
    async (tx) => {
      const record = await findOrPromise(tx, request, createKey)
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

/** The key by which the server knows the create. */
function readCreateKey({ createKey, idempotency }: CancelByKeyRequest): string | Refusal {
  // HTTP cuts blanks off both ends of a header.
  if (createKey.trim() !== createKey) {
    return refuseField(
      createKeyField,
      createKey,
      'a key as it is sent: no header begins or ends blank',
    )
  }
  const key = parseIdempotencyKey(createKey, createKeyField)
  if (key === idempotency?.key) {
    return refuseField(createKeyField, createKey, 'the key of the create, not that of this request')
  }
  return key
}

async function findOrPromise(
  tx: Tx,
  { auth, reason }: CancelByKeyRequest,
  key: string,
): Promise<IdempotencyRow | undefined> {
  const found = await findRecord(tx, { account: auth, key })
  if (found && found.outcome !== 'awaited') return found
  const now = await readDatabaseTime(tx, auth)
  if (found && !hasLapsed(found, now)) return found
  if (found) await dropAwaited(tx, { account: auth, key, madeAt: found.created_at })
  return (
    (await insertAwaited(tx, { account: auth, key, reason, actorId: auth.keyId, now })) ??
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
    expires_at: promisedUntil(record),
  }
}
