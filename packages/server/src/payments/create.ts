import type { PaymentCreate, PaymentId } from '@hedgepayments/contract'
import type { Db } from '../database/connect.ts'
import type { IdempotencyRow, PaymentRow, Timestamp } from '../database/schema.ts'
import { answer, type Reply } from '../http/answer.ts'
import type { Auth } from '../http/auth.ts'
import type { IdempotencyKey } from '../http/idempotency-key.ts'
import { refuseField } from '../http/refusal.ts'
import { findRecord, lockRecord } from '../idempotency/records.sql.ts'
import { refuseRecord, storedAnswer } from '../idempotency/replay.ts'
import { newId } from '../ids.ts'
import { plusSeconds, toMs, toTimestamp } from '../time.ts'
import {
  type CreateRecord,
  insertCanceledPayment,
  insertPayment,
  type NewPayment,
} from './create.sql.ts'
import { etagOf, renderPayment } from './render.ts'

export interface CreateRequest {
  readonly auth: Auth
  readonly body: PaymentCreate
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
  /** Where the hosted payment page is, e.g. `http://127.0.0.1:4000`. */
  readonly publicUrl: string
}

/** Source: api.md, Payments: one hour. */
const expirySecondsDefault = 3_600
/** A payment that nobody pays for ninety days is not going to be paid. */
const expirySecondsMax = 90 * 86_400

/** Creates a payment; the same request with the same key gives the first answer again. */
export async function createPayment(db: Db, request: CreateRequest): Promise<Reply> {
  const { auth, body, idempotency, now } = request
  const expiresAt = body.expires_at
    ? toTimestamp(Date.parse(body.expires_at))
    : plusSeconds(now, expirySecondsDefault)
  if (expiresAt <= now || toMs(expiresAt) > toMs(now) + expirySecondsMax * 1000) {
    return refuseField('expires_at', body.expires_at, 'a moment within the next 90 days')
  }
  const payment = toNewPayment(request, expiresAt)
  const created = answer(201, JSON.stringify(renderPayment(pendingRow(payment), [])), {
    etag: etagOf({ sequence: 1 }),
  })
  const record = idempotency && recordOf(idempotency, created.body as string)
  if (await insertPayment(db, payment, { actorId: auth.keyId, record })) return created
  if (!idempotency) throw new Error('a create without a key cannot have been recorded')
  return await answerRecorded(db, { request, payment, idempotency })
}

/** There is a record of the key: of this request, of another, or of a cancel that came first. */
async function answerRecorded(
  db: Db,
  create: { request: CreateRequest; payment: NewPayment; idempotency: IdempotencyKey },
): Promise<Reply> {
  const { request, payment, idempotency } = create
  const found = await findRecord(db, { account: request.auth, key: idempotency.key })
  if (!found) throw new Error('the record of an idempotency key vanished')
  if (found.outcome !== 'awaited') return refuseRecord(found, idempotency) ?? storedAnswer(found)
  return await db.transaction().execute(async (tx) => {
    const record = await lockRecord(tx, { account: request.auth, key: idempotency.key })
    if (!record) throw new Error('the record of an idempotency key vanished')
    if (record.outcome !== 'awaited') {
      return refuseRecord(record, idempotency) ?? storedAnswer(record)
    }
    const created = canceledAnswer(payment, record)
    await insertCanceledPayment(tx, payment, {
      actorId: request.auth.keyId,
      record: recordOf(idempotency, created.body),
      cancel: { reason: record.reason, actorId: record.actor_id, at: payment.created_at },
    })
    return created
  })
}

function canceledAnswer(payment: NewPayment, record: IdempotencyRow) {
  const row: PaymentRow = {
    ...pendingRow(payment),
    status: 'canceled',
    sequence: 2,
    canceled_at: payment.created_at,
    cancellation_reason: record.reason,
  }
  return {
    status: 201,
    body: JSON.stringify(renderPayment(row, [])),
    headers: { etag: etagOf(row) },
  }
}

function recordOf(idempotency: IdempotencyKey, body: string): CreateRecord {
  return { ...idempotency, body }
}

function toNewPayment(request: CreateRequest, expiresAt: Timestamp): NewPayment {
  const { auth, body, now } = request
  const id = newId<PaymentId>('payment')
  return {
    merchant_id: auth.merchantId,
    livemode: auth.livemode,
    id,
    amount: body.amount,
    currency: body.currency.toUpperCase(),
    payment_method: body.payment_method ?? 'card',
    customer_email: body.customer_email,
    customer_id: body.customer_id ?? null,
    description: body.description ?? null,
    statement_descriptor: body.statement_descriptor ?? null,
    metadata: body.metadata ?? {},
    success_url: body.success_url ?? null,
    cancel_url: body.cancel_url ?? null,
    url: `${request.publicUrl}/pay/${id}`,
    cancel_window: body.cancel_window ?? auth.defaultCancelWindow,
    expires_at: expiresAt,
    created_at: now,
  }
}

/** The row that the insert will make, so that its answer can be stored with it. */
function pendingRow(payment: NewPayment): PaymentRow {
  return {
    ...payment,
    sequence: 1,
    status: 'pending',
    cancelable_until: null,
    refunded_amount: 0,
    fee: null,
    net_amount: null,
    failure_code: null,
    failure_message: null,
    cancellation_reason: null,
    canceled_at: null,
    settled_at: null,
    processor: null,
    processor_reference: null,
    updated_at: payment.created_at,
  }
}
