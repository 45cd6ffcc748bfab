import { sql } from 'kysely'
import { commit } from '../database/commit.ts'
import type { Db } from '../database/connect.ts'
import type { PaymentRow } from '../database/schema.ts'
import type { PaymentAttemptRow } from '../database/task-rows.ts'
import type { Reply } from '../http/answer.ts'
import { RefusalError, refuseField } from '../http/refusal.ts'
import { claimLease } from '../idempotency/lease.sql.ts'
import type { Tx } from '../idempotency/once.ts'
import { findRecord } from '../idempotency/records.sql.ts'
import { refuseRecord, storedAnswer } from '../idempotency/replay.ts'
import type { Processor } from '../processors/processor.ts'
import { plusSeconds, toTimestamp } from '../time.ts'
import { findLastAttempt, giveUpAttempts, hasAttemptOf, insertAttempt } from './attempts.sql.ts'
import { isStale } from './if-match.ts'
import { statusesBefore } from './lifecycle.ts'
import { lockPayment } from './move.sql.ts'
import { findPayment } from './payments.sql.ts'
import { authorizeKeyAfter } from './processor-keys.ts'
import { paymentNotFound, preconditionFailed, processorMissing } from './refusals.ts'
import {
  keepAnswer,
  type Submission,
  type Submitter,
  submissionLeaseSeconds,
} from './submission.ts'
import { planTask } from './tasks.sql.ts'

export type Begun =
  | { readonly kind: 'answered'; readonly reply: Reply }
  /** Another request is at it: look again in a moment. */
  | { readonly kind: 'waiting' }
  | Submitting

/** A submission that is on disk: from here on, somebody finds out what comes of it. */
export interface Submitting {
  readonly kind: 'submitting'
  readonly row: PaymentRow
  readonly processor: Processor
  readonly processorKey: string
  /** The call to make first, which is noted already under `number`. */
  readonly first: 'authorize' | 'look_up'
  readonly number: number
  /** Whether this very request has called the processor before, from a process that died. */
  readonly isResumed: boolean
}

/** Puts on disk that a payment is about to be submitted, or says why it will not be. */
export async function beginSubmission(on: Submitter, submission: Submission): Promise<Begun> {
  // Chosen before the transaction: that may ask the database as well, on another connection.
  const chosen = await chooseProcessor(on, submission)
  try {
    return await commit(on.db, 'submission', (tx) => begin(tx, submission, chosen))
  } catch (error) {
    // Nothing is kept of a refusal that is not the payment's doing: its key is free again.
    if (error instanceof WaitError) return { kind: 'waiting' }
    if (error instanceof RefusalError) return { kind: 'answered', reply: error.refusal }
    throw error
  }
}

/**
 * Whether another request is still at it, for one that waits for that. It only reads: many that wait
 * and locked the row in turn each time held up the answer that they wait for.
 */
export async function isSubmittedElsewhere(
  { db }: Submitter,
  submission: Submission,
): Promise<boolean> {
  const { account, paymentId } = submission
  const row = await findPayment(db, { account, id: paymentId })
  if (!row || !statusesBefore('initiated').includes(row.status)) return false
  const latest = await findLatestCall(db, row)
  return latest !== undefined && isRunning(latest, submission)
}

async function begin(tx: Tx, submission: Submission, processor: Processor | null): Promise<Begun> {
  const { account, paymentId, idempotency } = submission
  // There is none for a payment that was submitted: with one, it was pending a moment ago.
  const row = await (processor ? lockPayment : lockUnlessSubmitted)(tx, {
    account,
    id: paymentId,
  })
  const recorded = await claim(tx, submission, row !== undefined)
  if (recorded) return { kind: 'answered', reply: recorded }
  if (!row) throw new RefusalError(paymentNotFound(paymentId))
  const isMine = idempotency ? await hasAttemptOf(tx, { row, requestKey: idempotency.key }) : false
  if (!statusesBefore('initiated').includes(row.status)) {
    const reply = submission.replyTo(row, isMine && row.status !== 'canceled')
    return { kind: 'answered', reply: await keepAnswer(tx, submission, reply) }
  }
  // Where this very request has called the processor before, it was not stale then.
  if (!isMine && isStale(submission.ifMatch, row.sequence)) {
    return { kind: 'answered', reply: await keepAnswer(tx, submission, preconditionFailed(row)) }
  }
  const last = await findLastAttempt(tx, { row, kinds: ['authorize'] })
  const latest = await findLatestCall(tx, row)
  if (!isMine && latest && isRunning(latest, submission)) {
    // The claim of the key is undone with the transaction, so that it does not outlast the wait.
    throw new WaitError()
  }
  // Somebody else has submitted it since: to which processor is settled now.
  if (row.processor !== null && processor?.name !== row.processor) throw new WaitError()
  if (!processor) throw new RefusalError(processorMissing())
  return await note(tx, { submission, row, processor, last, isResumed: isMine })
}

/**
 * A payment that has left `pending` never comes back: its refusal needs no lock, for which many that
 * are refused at once would wait until each other's answer is on disk.
 */
async function lockUnlessSubmitted(
  tx: Tx,
  key: Parameters<typeof lockPayment>[1],
): Promise<PaymentRow | undefined> {
  const seen = await findPayment(tx, key)
  if (!seen || !statusesBefore('initiated').includes(seen.status)) return seen
  return await lockPayment(tx, key)
}

async function findLatestCall(db: Db, row: PaymentRow): Promise<PaymentAttemptRow | undefined> {
  return await findLastAttempt(db, { row, kinds: ['authorize', 'look_up'] })
}

/** The transaction is to be undone, and begun again in a moment. */
class WaitError extends Error {}

/** What the record of the request's key answers; `null` where the request is to be carried out. */
async function claim(tx: Tx, submission: Submission, isKnown: boolean): Promise<Reply | null> {
  const { account, idempotency, operationId, paymentId } = submission
  if (!idempotency || submission.isClaimed) return null
  const now = toTimestamp(Date.now())
  const until = plusSeconds(now, submissionLeaseSeconds)
  const claimed =
    isKnown &&
    (await claimLease(tx, {
      account,
      idempotency,
      operation: operationId,
      paymentId,
      now,
      until,
    }))
  if (claimed) return null
  const record = await findRecord(tx, { account, key: idempotency.key })
  return record ? (refuseRecord(record, idempotency) ?? storedAnswer(record)) : null
}

/** Whether another request waits for the answer to a call, or is about to take the step. */
function isRunning(attempt: PaymentAttemptRow, { now }: Submission): boolean {
  const isYoung = plusSeconds(attempt.started_at, submissionLeaseSeconds) > now
  const isOpen = [null, 'authorized', 'declined'].includes(attempt.outcome)
  return isOpen && attempt.actor_type !== 'system' && isYoung
}

async function chooseProcessor(
  { db, processors }: Submitter,
  { account, paymentId }: Submission,
): Promise<Processor | null> {
  const row = await findPayment(db, { account, id: paymentId })
  if (!row || !statusesBefore('initiated').includes(row.status)) return null
  return row.processor === null
    ? await processors.forNew(account)
    : await processors.forSent(account, row.processor)
}

/**
 * Notes the processor, the token, the first call and the task that finds out what came of it. A
 * payment that something may exist of at the processor is looked up first: what was asked for
 * before, and not answered, must not be asked for differently.
 */
async function note(
  tx: Tx,
  begun: {
    submission: Submission
    row: PaymentRow
    processor: Processor
    last: PaymentAttemptRow | undefined
    isResumed: boolean
  },
): Promise<Submitting> {
  const { submission, row, processor, last } = begun
  // Until the customer is asked to confirm, the first submission stands, and so does its token.
  const isNew = last === undefined || (row.next_action_url !== null && submission.token !== null)
  const given = isNew ? (submission.token ?? row.payment_method_token) : row.payment_method_token
  if (given === null) {
    const expected = 'a token: neither the request nor the payment has one'
    throw new RefusalError(refuseField('payment_method_token', undefined, expected))
  }
  const count = last === undefined ? 0 : Number(last.processor_key.split(':').at(-1))
  const processorKey = isNew ? `${row.id}:authorize:${count + 1}` : authorizeKeyAfter(last, row)
  const first = isNew ? 'authorize' : 'look_up'
  // Whoever was at it before has died, or is about to give up: nobody else would end its calls,
  // where the payment needs nothing more after this one.
  await giveUpAttempts(tx, { row, now: submission.now })
  const number = await insertAttempt(tx, row, {
    kind: first,
    processor: processor.name,
    processorKey: first === 'authorize' ? processorKey : `${row.id}:look_up`,
    requestKey: submission.idempotency?.key ?? null,
    actor: submission.actor,
    now: submission.now,
  })
  await sql`
    update payments set processor = ${processor.name}, payment_method_token = ${given}
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and id = ${row.id}`.execute(tx)
  await planTask(tx, {
    row,
    kind: 'authorize',
    dueAt: plusSeconds(submission.now, submissionLeaseSeconds),
  })
  return {
    kind: 'submitting',
    row: { ...row, processor: processor.name, payment_method_token: given },
    processor,
    processorKey,
    first,
    number,
    isResumed: begun.isResumed,
  }
}
