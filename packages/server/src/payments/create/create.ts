import { toMs } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { unavailable } from '../../http/answers/failures.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import { recordDropped } from '../../idempotency/replay.ts'
import type { ProcessorRules } from '../../processors/interface/rules.ts'
import type { SubmissionDependencies } from '../submit/submission.ts'
import { submitPayment } from '../submit/submit.ts'
import type { NewPayment } from '../transition/create-row.sql.ts'
import { refuseCharge } from '../transition/processor-rules.ts'
import { processorMissing } from '../transition/refusals.ts'
import { etagOf, renderPayment } from '../view/render.ts'
import type { BatchedCreates } from './batched-creates.ts'
import { createCanceled } from './create-canceled.ts'
import { type CreateRequest, readNewPayment } from './create-request.ts'
import { renderCreated } from './created-answer.ts'
import type { MerchantDefaults } from './merchant-defaults.sql.ts'
import type { DefaultsCache } from './merchant-defaults.ts'
import { type PaymentToSubmit, repeatCreate } from './repeat-create.ts'

/** Ninety days: a customer who has not paid by then will not pay. */
const expirySecondsMax = 90 * 86_400

/** Retention may delete the key's record between two statements of a create, and a merchant's settings may change, but not three times in a row. */
const triesMax = 3

/** What a create needs. */
export interface CreateDependencies extends SubmissionDependencies {
  readonly defaults: DefaultsCache
  readonly creates: BatchedCreates
}

/**
 * Creates a payment, and submits it where the request says `initiate`. A repeated request with the
 * same key gets the first answer, or continues where a process that died has stopped.
 * Source: `createPayment` in the contract.
 */
export async function createPayment(
  dependencies: CreateDependencies,
  request: CreateRequest,
): Promise<Reply> {
  for (let tries = 0; tries < triesMax; tries++) {
    const result = await tryCreate(dependencies, request)
    if (result === null) continue
    return 'paymentId' in result ? await submitCreated(dependencies, request, result) : result
  }
  return request.idempotency
    ? recordDropped()
    : unavailable("The merchant's settings are changing. Try again: nothing was done.")
}

/** `null`: the merchant's settings or the key's record have changed. Nothing was done. */
async function tryCreate(
  dependencies: CreateDependencies,
  request: CreateRequest,
): Promise<Reply | PaymentToSubmit | null> {
  const checkedWith = await dependencies.defaults.get(request.auth)
  const payment = readNewPayment(request, checkedWith)
  if ('refusal' in payment) return payment
  const rules = dependencies.processors.rulesWith(request.auth, checkedWith)
  const refusal = refuseCreate(request, payment, rules)
  if (refusal) return await refuseUnlessRepeated(dependencies, request, { refusal, checkedWith })
  const created = await insertNew(dependencies, request, { payment, checkedWith })
  if (created === 'changed') return null
  if (created !== 'recorded') return created
  return (
    (await repeatCreate(dependencies, request)) ??
    (await createCanceled(dependencies.db, request, payment))
  )
}

/**
 * A repeated request gets the first answer, also when it would be refused now. `null`: the merchant's
 * settings, which the refusal may depend on, have changed.
 */
async function refuseUnlessRepeated(
  dependencies: CreateDependencies,
  request: CreateRequest,
  { refusal, checkedWith }: { refusal: Refusal; checkedWith: MerchantDefaults },
): Promise<Reply | PaymentToSubmit | null> {
  const repeated = await repeatCreate(dependencies, request)
  if (repeated) return repeated
  const current = await dependencies.defaults.read(request.auth)
  return current.hasCredentials === checkedWith.hasCredentials ? refusal : null
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

/** Inserts the payment, unless the idempotency key has a record, or the merchant's settings have changed. */
async function insertNew(
  { creates, defaults, leaseSeconds }: CreateDependencies,
  { auth, body, idempotency }: CreateRequest,
  { payment, checkedWith }: { payment: NewPayment; checkedWith: MerchantDefaults },
): Promise<Reply | PaymentToSubmit | 'recorded' | 'changed'> {
  // The record of a create that submits says `running` until the submission has a result.
  const content = body.initiate ? { leaseSeconds } : renderCreated(payment)
  const record = idempotency && { ...idempotency, content }
  const outcome = await creates.insert({ payment, actorId: auth.keyId, record, checkedWith })
  if (outcome.kind === 'changed') defaults.set(auth, outcome.defaults)
  if (outcome.kind !== 'inserted') return outcome.kind
  const { inserted } = outcome
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
