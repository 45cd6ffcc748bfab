import { commit } from '../../database/commit.ts'
import type { Db, Tx } from '../../database/db.ts'
import type { IdempotencyRow } from '../../database/schema.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import type { Auth } from '../../http/request/auth.ts'
import { lockRecord } from '../../idempotency/records.sql.ts'
import { refuseRecord, storedAnswer } from '../../idempotency/replay.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { hasExpired } from '../cancel/awaited-cancel.ts'
import { deleteAwaitedCancel } from '../cancel/cancel-by-key.sql.ts'
import { cancelInTransaction } from '../cancel/cancel-in-transaction.ts'
import type { NewPayment } from '../transition/create-row.sql.ts'
import { insertPayment, recordCanceledCreate } from './create.sql.ts'
import type { CreateRequest } from './create-request.ts'

/**
 * Answers a create whose key was canceled before the create arrived: the payment is created and
 * canceled in one transaction.
 *
 * @returns `null` where the key has no record any more. The caller then starts the create again.
 */
export async function createCanceled(
  db: Db,
  { auth, idempotency }: CreateRequest,
  payment: NewPayment,
): Promise<Reply | null> {
  if (!idempotency) return null
  return await commit(db, 'create', async (tx) => {
    const record = await lockRecord(tx, { account: auth, key: idempotency.key })
    if (!record) return null
    if (hasExpired(record, await readDatabaseTime(tx, auth))) {
      const { key, created_at: createdAt } = record
      await deleteAwaitedCancel(tx, { account: auth, key, createdAt })
      return null
    }
    if (record.outcome !== 'awaited') {
      return refuseRecord(record, idempotency) ?? storedAnswer(record)
    }
    const created = await createAndCancel(tx, payment, { auth, record })
    await recordCanceledCreate(tx, created, { ...idempotency, account: auth })
    return created
  })
}

async function createAndCancel(
  tx: Tx,
  payment: NewPayment,
  { auth, record }: { auth: Auth; record: IdempotencyRow },
) {
  const inserted = await insertPayment(tx, payment, { actorId: auth.keyId })
  const { id: paymentId } = inserted
  const canceled = await cancelInTransaction(tx, {
    merchantId: payment.merchant_id,
    livemode: payment.livemode,
    paymentId,
    reason: record.reason,
    actorType: 'api_key',
    actorId: record.actor_id,
    now: inserted.createdAt,
  })
  if (canceled.refusal) throw new Error('a payment that was just created was not canceled')
  const body = JSON.stringify(canceled.body)
  return { ...answer(201, body, canceled.headers), body, paymentId }
}
