import type { Pool, PoolClient } from 'pg'
import type { PaymentRow } from '../../packages/server/src/database/schema.ts'
import { statusesBefore } from '../../packages/server/src/domain/lifecycle.ts'
import { answer, type Reply } from '../../packages/server/src/http/answers/answer.ts'
import type { CancelRequest } from '../../packages/server/src/payments/cancel/cancel.ts'
import {
  notCancelable,
  paymentNotFound,
} from '../../packages/server/src/payments/transition/refusals.ts'
import { etagOf, renderPayment } from '../../packages/server/src/payments/view/render.ts'

const cancelable = statusesBefore('canceled')

/**
 * Cancels as a textbook would: one transaction that locks the payment, updates it, and inserts the
 * event. The idempotency record is part of the last statement, so it costs no round trip.
 */
export async function cancelByTheBook(pool: Pool, request: CancelRequest): Promise<Reply> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const reply = await inTransaction(client, request)
    await client.query(reply.refusal ? 'rollback' : 'commit')
    return reply
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

async function inTransaction(client: PoolClient, request: CancelRequest): Promise<Reply> {
  const { auth, paymentId, reason, now, idempotency } = request
  const key = [auth.merchantId, auth.livemode, paymentId]
  const locked = await client.query<PaymentRow>({
    name: 'book-lock',
    text: `select * from payments where merchant_id = $1 and livemode = $2 and id = $3
      for no key update`,
    values: key,
  })
  const before = locked.rows[0]
  if (!before) return paymentNotFound(paymentId)
  if (!cancelable.includes(before.status)) return notCancelable(paymentId, before.status)
  const updated = await client.query<PaymentRow>({
    name: 'book-update',
    text: `update payments set status = 'canceled', sequence = sequence + 1, canceled_at = $4,
        updated_at = $4, cancellation_reason = $5
      where merchant_id = $1 and livemode = $2 and id = $3 returning *`,
    values: [...key, now, reason],
  })
  const row = updated.rows[0] as PaymentRow
  await client.query({
    name: 'book-record',
    text: `with recorded as (
        insert into idempotency_records (merchant_id, livemode, key, operation, request_hash,
          outcome, payment_id, event_sequence, created_at)
        select $1, $2, $8::text, 'cancelPayment', $9::bytea, 'canceled', $3, $4::integer, $5::timestamptz
        where $8::text is not null
      )
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, actor_id, from_status, to_status, reason)
      values ($1::text, $2::boolean, $3::text, $4::integer, 'payment.canceled', $5::timestamptz,
        'api_key', $6, $7, 'canceled', $10)`,
    values: [
      ...key,
      row.sequence,
      now,
      auth.keyId,
      before.status,
      idempotency?.key ?? null,
      idempotency?.requestHash ?? null,
      reason,
    ],
  })
  return answer(200, renderPayment(row, []), { etag: etagOf(row) })
}
