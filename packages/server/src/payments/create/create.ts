import type { PaymentCreate, PaymentId } from '@hedgepayments/contract'
import type { Db } from '../../database/connect.ts'
import type { IdempotencyRow, PaymentRow } from '../../database/schema.ts'
import { newId } from '../../domain/ids.ts'
import type { PaymentToken } from '../../domain/payment-token.ts'
import type { Timestamp } from '../../domain/time.ts'
import { givenEnd, toMs } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { refuseField } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { claimLease, type Lease } from '../../idempotency/lease.sql.ts'
import type { Tx } from '../../idempotency/once.ts'
import { findRecord, lockRecord } from '../../idempotency/records.sql.ts'
import { recordDropped, refuseRecord, storedAnswer } from '../../idempotency/replay.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { findCancelWindow } from '../../merchants/merchants.sql.ts'
import { hasLapsed } from '../cancel/awaited-cancel.ts'
import { cancelInTransaction } from '../cancel/cancel.ts'
import { dropAwaited } from '../cancel/cancel-by-key.sql.ts'
import { readGivenToken } from '../submit/payment-method-token.ts'
import type { Submitter } from '../submit/submission.ts'
import { submitPayment } from '../submit/submit.ts'
import { processorMissing } from '../transition/refusals.ts'
import { etagOf, renderPayment } from '../view/render.ts'
import {
  fillIn,
  insertPayment,
  type NewPayment,
  placeholdersOf,
  recordCanceledCreate,
} from './create.sql.ts'

export interface CreateRequest {
  readonly auth: Auth
  readonly body: PaymentCreate
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
  /** Where the hosted payment page is, e.g. `http://127.0.0.1:4000`. */
  readonly publicUrl: string
}

/** A payment that nobody pays for ninety days is not going to be paid. */
const expirySecondsMax = 90 * 86_400

/**
 * Creates a payment, and submits it where that is asked for; the same request with the same key
 * gives the first answer again, or goes on where a process that died has left it.
 */
export async function createPayment(on: Submitter, request: CreateRequest): Promise<Reply> {
  const { auth, body, idempotency, now } = request
  const token = readGivenToken(body.payment_method_token ?? null, auth.livemode)
  if (token !== null && typeof token !== 'string') return token
  const expiresAt = body.expires_at ? givenEnd(body.expires_at) : null
  const cancelWindow = body.cancel_window ?? (await findCancelWindow(on.db, auth.merchantId))
  const payment = toNewPayment(request, { expiresAt, token, cancelWindow })
  if (expiresAt && (expiresAt <= now || toMs(expiresAt) > toMs(now) + expirySecondsMax * 1000)) {
    // What was carried out in time is told again, however late the request is repeated.
    if (await wasCarriedOut(on.db, request)) return await answerRecorded(on, request, payment)
    return refuseField('expires_at', body.expires_at, 'a moment within the next 90 days')
  }
  if (body.initiate) return await createAndSubmit(on, request, payment)
  const holds = { body: JSON.stringify(renderPayment(pendingRow(payment), [])) }
  const record = idempotency && { ...idempotency, holds }
  failpoint('before commit', 'create')
  const inserted = await insertPayment(on.db, payment, { actorId: auth.keyId, record })
  failpoint('after commit', 'create')
  if (inserted) {
    return answer(201, fillIn(holds.body, payment, inserted), { etag: etagOf({ sequence: 1 }) })
  }
  return await answerRecorded(on, request, payment)
}

/** The record of the key says `running` until it is known what became of the submission. */
async function createAndSubmit(
  on: Submitter,
  request: CreateRequest,
  payment: NewPayment,
): Promise<Reply> {
  const { auth, idempotency } = request
  if (payment.payment_method_token === null) {
    return refuseField('payment_method_token', undefined, 'a token: there is nothing to initiate')
  }
  if (!(await on.processors.forNew(auth))) {
    // What was carried out while there was a processor is replayed all the same.
    if (await wasCarriedOut(on.db, request)) return await answerRecorded(on, request, payment)
    return processorMissing()
  }
  const holds = { leaseSeconds: on.leaseSeconds }
  const record = idempotency && { ...idempotency, holds }
  const inserted = await insertPayment(on.db, payment, { actorId: auth.keyId, record })
  if (inserted) {
    const { id: paymentId, leaseToken: token } = inserted
    const lease = idempotency && token && { account: auth, key: idempotency.key, token }
    return await submitCreated(on, request, { paymentId, lease })
  }
  return await answerRecorded(on, request, payment)
}

async function submitCreated(
  on: Submitter,
  request: CreateRequest,
  { paymentId, lease }: { paymentId: string; lease: Lease | null },
): Promise<Reply> {
  return await submitPayment(on, {
    account: request.auth,
    paymentId,
    token: null,
    ifMatch: null,
    actor: { type: 'api_key', id: request.auth.keyId },
    now: request.now,
    operationId: 'createPayment',
    idempotency: request.idempotency,
    lease,
    replyTo: (row) => answer(201, renderPayment(row, []), { etag: etagOf(row) }),
  })
}

/** There is a record of the key: of this request, of another, or of a cancel that came first. */
async function answerRecorded(
  on: Submitter,
  request: CreateRequest,
  payment: NewPayment,
): Promise<Reply> {
  const { db } = on
  const { idempotency } = request
  if (!idempotency) throw new Error('a create without a key cannot have been recorded')
  const taken = await takeOver(on, request, idempotency)
  if (taken) return await submitCreated(on, request, taken)
  const found = await findRecord(db, { account: request.auth, key: idempotency.key })
  if (!found) return recordDropped()
  if (found.outcome !== 'awaited') return refuseRecord(found, idempotency) ?? storedAnswer(found)
  const answered = await db.transaction().execute(async (tx) => {
    const record = await lockRecord(tx, { account: request.auth, key: idempotency.key })
    if (!record) return null
    const now = await readDatabaseTime(tx, request.auth)
    if (hasLapsed(record, now)) {
      const { key, created_at: madeAt } = record
      await dropAwaited(tx, { account: request.auth, key, madeAt })
      return null
    }
    if (record.outcome !== 'awaited') {
      return refuseRecord(record, idempotency) ?? storedAnswer(record)
    }
    const created = await createCanceled(tx, payment, { auth: request.auth, record })
    await recordCanceledCreate(tx, created, { ...idempotency, account: request.auth })
    return created
  })
  // The key is free again.
  return answered ?? (await createPayment(on, request))
}

/** Whether a create with this key has made a payment, or is about to. */
async function wasCarriedOut(db: Db, { auth, idempotency }: CreateRequest): Promise<boolean> {
  if (!idempotency) return false
  const found = await findRecord(db, { account: auth, key: idempotency.key })
  return found !== undefined && found.outcome !== 'awaited'
}

/** Takes over a create that submits its payment, where its process has stopped on the way. */
async function takeOver(
  { db, leaseSeconds: seconds }: Submitter,
  { auth: account }: CreateRequest,
  idempotency: IdempotencyKey,
): Promise<{ paymentId: string; lease: Lease } | null> {
  const found = await findRecord(db, { account, key: idempotency.key })
  if (found?.outcome !== 'running' || found.payment_id === null) return null
  const { payment_id: paymentId } = found
  const operation = 'createPayment'
  const lease = await claimLease(db, { account, idempotency, operation, paymentId, seconds })
  return lease && { paymentId, lease }
}

/** A cancel by the key of the create has come first: the payment is created and canceled at once. */
async function createCanceled(
  tx: Tx,
  payment: NewPayment,
  { auth, record }: { auth: Auth; record: IdempotencyRow },
) {
  const inserted = await insertPayment(tx, payment, { actorId: auth.keyId, record: null })
  if (!inserted) throw new Error('a create without a record was not inserted')
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

function toNewPayment(
  request: CreateRequest,
  {
    expiresAt,
    token,
    cancelWindow,
  }: { expiresAt: Timestamp | null; token: PaymentToken | null; cancelWindow: number },
): NewPayment {
  const { auth, body } = request
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
    cancel_window: cancelWindow,
    payment_method_token: token,
    expires_at: expiresAt,
  }
}

/**
 * The row that the insert will make, so that its answer can be stored with it. What the database
 * decides has placeholders in it.
 */
function pendingRow(payment: NewPayment): PaymentRow {
  const { createdAt, expiresAt } = placeholdersOf(payment)
  return {
    ...payment,
    expires_at: payment.expires_at ?? expiresAt,
    created_at: createdAt,
    sequence: 1,
    status: 'pending',
    cancelable_until: null,
    refunded_amount: 0,
    refund_count: 0,
    fee: null,
    net_amount: null,
    failure_code: null,
    failure_message: null,
    cancellation_reason: null,
    canceled_at: null,
    settled_at: null,
    processor: null,
    processor_reference: null,
    next_action_url: null,
    updated_at: createdAt,
  }
}
