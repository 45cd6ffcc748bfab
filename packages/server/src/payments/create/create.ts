import { toMs } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import { recordDropped } from '../../idempotency/replay.ts'
import type { ProcessorRules } from '../../processors/interface/rules.ts'
import type { SubmissionDependencies } from '../submit/submission.ts'
import { submitPayment } from '../submit/submit.ts'
import type { NewPayment } from '../transition/create-row.sql.ts'
import { refuseCharge } from '../transition/processor-rules.ts'
import { processorMissing } from '../transition/refusals.ts'
import { etagOf, renderPayment } from '../view/render.ts'
import { insertPayment } from './create.sql.ts'
import { createCanceled } from './create-canceled.ts'
import { type CreateRequest, readNewPayment } from './create-request.ts'
import { renderCreated } from './created-answer.ts'
import { type PaymentToSubmit, repeatCreate } from './repeat-create.ts'

/** Ninety days: a customer who has not paid by then will not pay. */
const expirySecondsMax = 90 * 86_400

/** Retention may delete the key's record between two statements of a create, but not three times in a row. */
const triesMax = 3

/**
 * Creates a payment, and submits it where the request says `initiate`. A repeated request with the
 * same key gets the first answer, or continues where a process that died has stopped.
 * Source: `createPayment` in the contract.
 */
export async function createPayment(
  dependencies: SubmissionDependencies,
  request: CreateRequest,
): Promise<Reply> {
  const [payment, rules] = await Promise.all([
    readNewPayment(dependencies.db, request),
    dependencies.processors.rulesForNew(request.auth),
  ])
  if ('refusal' in payment) return payment
  const refusal = refuseCreate(request, payment, rules)
  // A repeated request gets the first answer, also when it would be refused now.
  const result = refusal
    ? ((await repeatCreate(dependencies, request)) ?? refusal)
    : await createOrRepeat(dependencies, request, payment)
  return 'paymentId' in result ? await submitCreated(dependencies, request, result) : result
}

/** @param rules `null`: the mode has no processor. */
function refuseCreate(
  { body, now }: CreateRequest,
  { expires_at: expiresAt }: NewPayment,
  rules: ProcessorRules | null,
): Refusal | null {
  if (expiresAt && (expiresAt <= now || toMs(expiresAt) > toMs(now) + expirySecondsMax * 1000)) {
    return refuseField('expires_at', body.expires_at, 'a time within the next 90 days')
  }
  if (!rules) return body.initiate ? processorMissing() : null
  return refuseCharge(rules, body)
}

async function createOrRepeat(
  dependencies: SubmissionDependencies,
  request: CreateRequest,
  payment: NewPayment,
): Promise<Reply | PaymentToSubmit> {
  for (let tries = 0; tries < triesMax; tries++) {
    const result =
      (await insertNew(dependencies, request, payment)) ??
      (await repeatCreate(dependencies, request)) ??
      (await createCanceled(dependencies.db, request, payment))
    if (result) return result
  }
  return recordDropped()
}

/** Inserts the payment. `null`: the idempotency key has a record already, and nothing was done. */
async function insertNew(
  dependencies: SubmissionDependencies,
  { auth, body, idempotency }: CreateRequest,
  payment: NewPayment,
): Promise<Reply | PaymentToSubmit | null> {
  // The record of a create that submits says `running` until the submission has a result.
  const content = body.initiate
    ? { leaseSeconds: dependencies.leaseSeconds }
    : renderCreated(payment)
  const record = idempotency && { ...idempotency, content }
  failpoint('before commit', 'create')
  const inserted = await insertPayment(dependencies.db, payment, { actorId: auth.keyId, record })
  failpoint('after commit', 'create')
  if (!inserted) {
    if (!idempotency) throw new Error('a create without an idempotency key was not inserted')
    return null
  }
  const { id: paymentId, leaseToken: token } = inserted
  if ('fill' in content) {
    return answer(201, content.fill(inserted), { etag: etagOf({ sequence: 1 }) })
  }
  return {
    paymentId,
    lease: idempotency && token && { account: auth, key: idempotency.key, token },
  }
}

async function submitCreated(
  dependencies: SubmissionDependencies,
  { auth, now, idempotency }: CreateRequest,
  { paymentId, lease }: PaymentToSubmit,
): Promise<Reply> {
  return await submitPayment(dependencies, {
    account: auth,
    paymentId,
    token: null,
    ifMatch: null,
    actor: { type: 'api_key', id: auth.keyId },
    now,
    operationId: 'createPayment',
    idempotency,
    lease,
    replyTo: (row) => answer(201, renderPayment(row, []), { etag: etagOf(row) }),
  })
}
