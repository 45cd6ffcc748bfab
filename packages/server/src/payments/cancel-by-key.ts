import type { PendingCancellation } from '@hedgepayments/contract'
import type { Db } from '../database/connect.ts'
import type { IdempotencyRow, Timestamp } from '../database/schema.ts'
import { answer, type Reply } from '../http/answer.ts'
import type { Auth } from '../http/auth.ts'
import type { IdempotencyKey } from '../http/idempotency-key.ts'
import { refuse } from '../http/refusal.ts'
import { once } from '../idempotency/once.ts'
import { findRecord } from '../idempotency/records.sql.ts'
import { recordDropped } from '../idempotency/replay.ts'
import { recordSecondsKept } from '../idempotency/retention.ts'
import { plusSeconds } from '../time.ts'
import { cancelInTransaction } from './cancel.ts'
import { insertAwaited } from './cancel-by-key.sql.ts'

export interface CancelByKeyRequest {
  readonly auth: Auth
  /** The key that the create was, or will be, sent with. */
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
  const { auth, createKey, reason, now } = request
  return await once(
    db,
    { ...request, operationId: 'cancelPaymentByIdempotencyKey' },
    async (tx) => {
      const found = await findRecord(tx, { account: auth, key: createKey })
      const record =
        found ??
        (await insertAwaited(tx, {
          account: auth,
          key: createKey,
          reason,
          actorId: auth.keyId,
          now,
        })) ??
        (await findRecord(tx, { account: auth, key: createKey }))
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

function renderAwaited(record: IdempotencyRow): PendingCancellation {
  return {
    object: 'pending_cancellation',
    livemode: record.livemode,
    idempotency_key: record.key,
    reason: record.reason,
    created_at: record.created_at,
    expires_at: plusSeconds(record.created_at, recordSecondsKept),
  }
}
