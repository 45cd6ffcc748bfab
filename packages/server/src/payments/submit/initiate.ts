import { isId } from '@hedgepayments/contract'
import type { PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { refuseRecord } from '../../idempotency/replay.ts'
import { notInitiable, paymentNotFound } from '../transition/refusals.ts'
import { etagOf, renderPayment } from '../view/render.ts'
import { readPaymentMethodToken } from './payment-method-token.ts'
import type { Submitter } from './submission.ts'
import { submitPayment } from './submit.ts'

/** A request to submit a payment to its processor. */
export interface InitiateRequest {
  readonly auth: Auth
  readonly paymentId: string
  readonly token: string | null
  readonly ifMatch: string | null
  readonly idempotency: IdempotencyKey | null
  readonly operationId: string
  readonly now: Timestamp
}

/** Submits a payment to the processor, or refuses to. Source: api.md, Payments. */
export async function initiatePayment(
  submitter: Submitter,
  request: InitiateRequest,
): Promise<Reply> {
  const { auth, paymentId, idempotency } = request
  if (!isId('payment', paymentId)) {
    // The idempotency key of a request with an id of another shape can still be another request's.
    const key = idempotency?.key
    const record =
      key === undefined ? undefined : await findRecord(submitter.db, { account: auth, key })
    return (
      (record && idempotency && refuseRecord(record, idempotency)) ?? paymentNotFound(paymentId)
    )
  }
  const token = readPaymentMethodToken(request.token, auth.livemode)
  if (token !== null && typeof token !== 'string') return token
  return await submitPayment(submitter, {
    account: auth,
    paymentId,
    token,
    ifMatch: request.ifMatch,
    actor: { type: 'api_key', id: auth.keyId },
    now: request.now,
    operationId: request.operationId,
    idempotency,
    lease: null,
    replyTo: (row, won) => (won ? renderInitiated(row) : notInitiable(row.id, row.status)),
  })
}

function renderInitiated(row: PaymentRow): Reply {
  return answer(200, renderPayment(row, []), { etag: etagOf(row) })
}
