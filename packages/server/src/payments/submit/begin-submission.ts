import { commit } from '../../database/commit.ts'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import type { Reply } from '../../http/answers/answer.ts'
import { RefusalError, refuseField } from '../../http/answers/refusal.ts'
import { claimLease, type KeyLease, renewLease } from '../../idempotency/lease.sql.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { recordDropped, refuseRecord, storedAnswer } from '../../idempotency/replay.ts'
import type { Processor } from '../../processors/interface/processor.ts'
import { storeAcceptance } from '../calls/acceptances.sql.ts'
import {
  abandonAttempts,
  findLastAttempt,
  findLatestSubmission,
  insertAttempt,
  type LatestSubmission,
} from '../calls/attempts.sql.ts'
import { authorizeKeyAfter } from '../calls/processor-keys.ts'
import { planTask } from '../tasks/tasks.sql.ts'
import { assignProcessor } from '../transition/assign-processor.sql.ts'
import { isStale } from '../transition/if-match.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { paymentNotFound, preconditionFailed, processorMissing } from '../transition/refusals.ts'
import { findPayment } from '../view/payments.sql.ts'
import {
  KeyTakenOverError,
  type Submission,
  type SubmissionDependencies,
  storeOwnAnswer,
} from './submission.ts'

export type Begun =
  | { readonly kind: 'answered'; readonly reply: Reply }
  /** Another request submits the payment. Poll until it has ended. */
  | { readonly kind: 'waiting' }
  /** Another request has taken over the idempotency key. Its answer is the first. */
  | { readonly kind: 'lost' }
  | Submitting

/** A submission that is on disk. If this process dies, the worker reconciles it. */
export interface Submitting {
  readonly kind: 'submitting'
  readonly row: PaymentRow
  readonly processor: Processor
  readonly processorKey: string
  /** The first call, which is recorded already. */
  readonly first: 'authorize' | 'look_up'
  /** The number of the first call, which is the fencing token of the payment. */
  readonly submission: number
  /** The lease on the idempotency key, where the request has one. */
  readonly lease: KeyLease | null
}

/**
 * Records that a payment is about to be submitted, or refuses it.
 *
 * @param lease the lease on the idempotency key, where the caller has one already.
 */
export async function beginSubmission(
  dependencies: SubmissionDependencies,
  submission: Submission,
  lease: KeyLease | null,
): Promise<Begun> {
  const first = await beginFirst(dependencies, submission, lease)
  if (first) return first
  // Before the transaction, because this may use another connection to the database.
  const chosen = await chooseProcessor(dependencies, submission)
  try {
    return await commit(dependencies.db, 'submission', (tx) =>
      beginInTransaction(tx, { dependencies, submission, processor: chosen, lease }),
    )
  } catch (error) {
    // The transaction was rolled back: a refusal that is not stored leaves the idempotency key free.
    if (error instanceof WaitError) return { kind: 'waiting' }
    if (error instanceof KeyTakenOverError) return { kind: 'lost' }
    if (error instanceof RefusalError) return { kind: 'answered', reply: error.refusal }
    throw error
  }
}

/** Records the usual submission, together with others. `null`: it does not fit, and nothing was done. */
async function beginFirst(
  { processors, batches, leaseSeconds }: SubmissionDependencies,
  submission: Submission,
  lease: KeyLease | null,
): Promise<Submitting | null> {
  if (submission.ifMatch !== null || submission.acceptance) return null
  const processor = processors.withoutCredentials(submission.account)
  if (!processor) return null
  const { name } = processor
  const begun = await batches.begin({ ...submission, lease, processor: name, leaseSeconds })
  return begun ? { kind: 'submitting', processor, first: 'authorize', ...begun } : null
}

/**
 * Whether another request still submits the payment. This only reads: waiting requests that locked the
 * row in turn delayed the answer that they waited for.
 */
export async function isSubmittedElsewhere(
  { db }: SubmissionDependencies,
  submission: Submission,
): Promise<boolean> {
  const { account, paymentId } = submission
  const row = await findPayment(db, { account, id: paymentId })
  if (!row || !statusesBefore('initiated').includes(row.status)) return false
  const latest = await findLatestSubmission(db, row)
  return latest !== undefined && isRunning(latest)
}

interface Beginning {
  readonly dependencies: SubmissionDependencies
  readonly submission: Submission
  /** `null`: the mode has no processor, or the payment has left `pending`. */
  readonly processor: Processor | null
  /** The lease on the idempotency key, where the caller has one already. */
  readonly lease: KeyLease | null
}

async function beginInTransaction(tx: Tx, beginning: Beginning): Promise<Begun> {
  const { dependencies, submission, processor } = beginning
  const { account, paymentId, idempotency } = submission
  // Without a processor, the payment was submitted already or does not exist.
  const row = await (processor ? lockPayment : lockUnlessSubmitted)(tx, {
    account,
    id: paymentId,
  })
  const claimed = await claimOrRenewKey(tx, { ...beginning, exists: row !== undefined })
  if ('recorded' in claimed) return { kind: 'answered', reply: claimed.recorded }
  const { lease } = claimed
  if (!row) throw new RefusalError(paymentNotFound(paymentId))
  const answered = async (reply: Reply): Promise<Begun> => ({
    kind: 'answered',
    reply: await storeOwnAnswer(tx, lease, reply),
  })
  const latest = await findLatestSubmission(tx, row)
  // The same request has submitted the payment before, in a process that has stopped.
  const isMine = idempotency !== null && latest?.requestKey === idempotency.key
  if (!statusesBefore('initiated').includes(row.status)) {
    return await answered(submission.replyTo(row, isMine && row.status !== 'canceled'))
  }
  // If the same request has called the processor before, If-Match was fulfilled then.
  if (!isMine && isStale(submission.ifMatch, row.sequence)) {
    return await answered(preconditionFailed(row))
  }
  if (!isMine && latest && isRunning(latest)) {
    // This rolls back the claim of the key, so that the claim does not outlast the wait.
    throw new WaitError()
  }
  // Since `chooseProcessor`, another request has submitted the payment to another processor.
  if (row.processor !== null && processor?.name !== row.processor) throw new WaitError()
  if (!processor) throw new RefusalError(processorMissing())
  return await recordSubmission(tx, { dependencies, submission, row, processor, lease })
}

/**
 * Locks a payment, unless it has left `pending`. It never returns there, so its refusal needs no lock.
 * With the lock, many requests that are refused at once would wait for each other's commit.
 */
async function lockUnlessSubmitted(
  tx: Tx,
  key: Parameters<typeof lockPayment>[1],
): Promise<PaymentRow | undefined> {
  const seen = await findPayment(tx, key)
  if (!seen || !statusesBefore('initiated').includes(seen.status)) return seen
  return await lockPayment(tx, key)
}

/** Thrown to roll the transaction back. The caller polls and begins again. */
class WaitError extends Error {}

/** Claims the request's key, or renews its lease. `recorded`: the answer from the key's record. */
async function claimOrRenewKey(
  tx: Tx,
  { dependencies, submission, lease: owned, exists }: Beginning & { readonly exists: boolean },
): Promise<{ lease: KeyLease | null } | { recorded: Reply }> {
  const { account, idempotency, operationId: operation, paymentId } = submission
  if (!idempotency) return { lease: null }
  const seconds = dependencies.leaseSeconds
  if (owned) {
    if (await renewLease(tx, { lease: owned, seconds })) return { lease: owned }
    throw new KeyTakenOverError()
  }
  const lease = exists
    ? await claimLease(tx, { account, idempotency, operation, paymentId, seconds })
    : null
  if (lease) return { lease }
  const found = await findRecord(tx, { account, key: idempotency.key })
  if (found) return { recorded: refuseRecord(found, idempotency) ?? storedAnswer(found) }
  // The key of an existing payment was not free, so its record was just dropped.
  return exists ? { recorded: recordDropped() } : { lease: null }
}

/** Whether a submission waits for the result of its last call, or is about to record it. */
function isRunning({ outcome, isLeased }: LatestSubmission): boolean {
  return isLeased && [null, 'authorized', 'accepted', 'declined'].includes(outcome)
}

async function chooseProcessor(
  { db, processors }: SubmissionDependencies,
  { account, paymentId }: Submission,
): Promise<Processor | null> {
  const row = await findPayment(db, { account, id: paymentId })
  if (!row || !statusesBefore('initiated').includes(row.status)) return null
  return row.processor === null
    ? await processors.forNew(account)
    : await processors.forSent(account, row.processor)
}

/**
 * Records the processor, the token, the first call and the task that reconciles it. If the processor
 * may know the payment already, the first call is a look-up, because an earlier call without a result
 * must not be repeated with other values.
 */
async function recordSubmission(
  tx: Tx,
  {
    dependencies: { leaseSeconds },
    submission,
    row,
    processor,
    lease,
  }: Beginning & { readonly row: PaymentRow; readonly processor: Processor },
): Promise<Submitting> {
  const last = await findLastAttempt(tx, { row, kinds: ['authorize'] })
  // The first submission and its token stay, unless the customer has to act and sends another token.
  const isNew = last === undefined || (row.next_action_url !== null && submission.token !== null)
  const token = isNew ? (submission.token ?? row.payment_method_token) : row.payment_method_token
  if (token === null) {
    const expected = 'a token: neither the request nor the payment has one'
    throw new RefusalError(refuseField('payment_method_token', undefined, expected))
  }
  const count = last === undefined ? 0 : Number(last.processor_key.split(':').at(-1))
  const processorKey = isNew ? `${row.id}:authorize:${count + 1}` : authorizeKeyAfter(last, row)
  const first = isNew ? 'authorize' : 'look_up'
  // The previous submission has stopped, or is about to. If this one completes the payment, no later
  // caller would end the calls of the previous one.
  await abandonAttempts(tx, { row, now: submission.now })
  const number = await insertAttempt(tx, row, {
    kind: first,
    processor: processor.name,
    processorKey: first === 'authorize' ? processorKey : `${row.id}:look_up`,
    requestKey: submission.idempotency?.key ?? null,
    actor: submission.actor,
    now: submission.now,
    submission: { leaseSeconds },
  })
  const assigned = await assignProcessor(tx, row, { processor: processor.name, token })
  if (submission.acceptance) await storeAcceptance(tx, row, submission.acceptance)
  // By the database's clock, as the lease, so that the worker takes over when other requests may.
  await planTask(tx, { row, kind: 'authorize', afterSeconds: leaseSeconds })
  return {
    kind: 'submitting',
    row: assigned,
    processor,
    processorKey,
    first,
    submission: number,
    lease,
  }
}
