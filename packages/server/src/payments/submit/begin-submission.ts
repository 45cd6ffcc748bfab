import { sql } from 'kysely'
import { commit } from '../../database/commit.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import type { Reply } from '../../http/answers/answer.ts'
import { RefusalError, refuseField } from '../../http/answers/refusal.ts'
import { claimLease, type Lease, renewLease } from '../../idempotency/lease.sql.ts'
import type { Tx } from '../../idempotency/once.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { recordDropped, refuseRecord, storedAnswer } from '../../idempotency/replay.ts'
import type { Processor } from '../../processors/interface/processor.ts'
import {
  findLastAttempt,
  findLatestSubmission,
  giveUpAttempts,
  insertAttempt,
  type LatestSubmission,
} from '../calls/attempts.sql.ts'
import { authorizeKeyAfter } from '../calls/processor-keys.ts'
import { planTask } from '../tasks/tasks.sql.ts'
import { isStale } from '../transition/if-match.ts'
import { lockPayment } from '../transition/move.sql.ts'
import { paymentNotFound, preconditionFailed, processorMissing } from '../transition/refusals.ts'
import { findPayment } from '../view/payments.sql.ts'
import { keepAnswer, LeaseLostError, type Submission, type Submitter } from './submission.ts'

export type Begun =
  | { readonly kind: 'answered'; readonly reply: Reply }
  /** Another request submits the payment: look again soon. */
  | { readonly kind: 'waiting' }
  /** Another request has taken the idempotency key over: its answer counts. */
  | { readonly kind: 'lost' }
  | Submitting

/** A submission that is on disk: from here on, somebody finds out what comes of it. */
export interface Submitting {
  readonly kind: 'submitting'
  readonly row: PaymentRow
  readonly processor: Processor
  readonly processorKey: string
  /** The call to make first, which is recorded already. */
  readonly first: 'authorize' | 'look_up'
  /** The number of the first call: the fencing token of the payment. */
  readonly submission: number
  /** Of the request's idempotency key, where it has one. */
  readonly lease: Lease | null
}

/** Puts on disk that a payment is about to be submitted, or says why it will not be. */
export async function beginSubmission(
  on: Submitter,
  submission: Submission,
  held: Lease | null,
): Promise<Begun> {
  // Chosen before the transaction: that may ask the database as well, on another connection.
  const chosen = await chooseProcessor(on, submission)
  try {
    return await commit(on.db, 'submission', (tx) =>
      begin(tx, { on, submission, processor: chosen, held }),
    )
  } catch (error) {
    // Nothing is kept of a refusal that is not the payment's doing: its key is free again.
    if (error instanceof WaitError) return { kind: 'waiting' }
    if (error instanceof LeaseLostError) return { kind: 'lost' }
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
  const latest = await findLatestSubmission(db, row)
  return latest !== undefined && isRunning(latest)
}

async function begin(
  tx: Tx,
  begun: {
    on: Submitter
    submission: Submission
    processor: Processor | null
    held: Lease | null
  },
): Promise<Begun> {
  const { on, submission, processor } = begun
  const { account, paymentId, idempotency } = submission
  // There is none for a payment that was submitted: with one, it was pending a moment ago.
  const row = await (processor ? lockPayment : lockUnlessSubmitted)(tx, {
    account,
    id: paymentId,
  })
  const claimed = await claim(tx, { ...begun, isKnown: row !== undefined })
  if ('recorded' in claimed) return { kind: 'answered', reply: claimed.recorded }
  const { lease } = claimed
  if (!row) throw new RefusalError(paymentNotFound(paymentId))
  const answered = async (reply: Reply): Promise<Begun> => ({
    kind: 'answered',
    reply: await keepAnswer(tx, lease, reply),
  })
  const latest = await findLatestSubmission(tx, row)
  // This very request has submitted the payment before, from a process that has stopped.
  const isMine = idempotency !== null && latest?.requestKey === idempotency.key
  if (!statusesBefore('initiated').includes(row.status)) {
    return await answered(submission.replyTo(row, isMine && row.status !== 'canceled'))
  }
  // Where this very request has called the processor before, it was not stale then.
  if (!isMine && isStale(submission.ifMatch, row.sequence)) {
    return await answered(preconditionFailed(row))
  }
  if (!isMine && latest && isRunning(latest)) {
    // The claim of the key is undone with the transaction, so that it does not outlast the wait.
    throw new WaitError()
  }
  // Somebody else has submitted it since: to which processor is settled now.
  if (row.processor !== null && processor?.name !== row.processor) throw new WaitError()
  if (!processor) throw new RefusalError(processorMissing())
  return await record(tx, { on, submission, row, processor, lease })
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

/** The transaction is to be undone, and begun again in a moment. */
class WaitError extends Error {}

/** Claims the request's key, or renews the lease that it holds; `recorded`: the answer of its record. */
async function claim(
  tx: Tx,
  {
    on,
    submission,
    held,
    isKnown,
  }: { on: Submitter; submission: Submission; held: Lease | null; isKnown: boolean },
): Promise<{ lease: Lease | null } | { recorded: Reply }> {
  const { account, idempotency, operationId: operation, paymentId } = submission
  if (!idempotency) return { lease: null }
  const seconds = on.leaseSeconds
  if (held) {
    if (await renewLease(tx, { lease: held, seconds })) return { lease: held }
    throw new LeaseLostError()
  }
  const lease = isKnown
    ? await claimLease(tx, { account, idempotency, operation, paymentId, seconds })
    : null
  if (lease) return { lease }
  const found = await findRecord(tx, { account, key: idempotency.key })
  if (found) return { recorded: refuseRecord(found, idempotency) ?? storedAnswer(found) }
  // Of a payment that there is, the record that kept the key from being claimed was just dropped.
  return isKnown ? { recorded: recordDropped() } : { lease: null }
}

/** Whether a submission waits for the answer to its last call, or is about to take the step. */
function isRunning({ outcome, isLeased }: LatestSubmission): boolean {
  return isLeased && [null, 'authorized', 'declined'].includes(outcome)
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
 * Records the processor, the token, the first call and the task that finds out what came of it. A
 * payment that something may exist of at the processor is looked up first: what was asked for
 * before, and not answered, must not be asked for differently.
 */
async function record(
  tx: Tx,
  begun: {
    on: Submitter
    submission: Submission
    row: PaymentRow
    processor: Processor
    lease: Lease | null
  },
): Promise<Submitting> {
  const { on, submission, row, processor, lease } = begun
  const { leaseSeconds } = on
  const last = await findLastAttempt(tx, { row, kinds: ['authorize'] })
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
  // The submission before has stopped, or is about to give up: nobody else would end its calls,
  // where the payment needs nothing more after this one.
  await giveUpAttempts(tx, { row, now: submission.now })
  const number = await insertAttempt(tx, row, {
    kind: first,
    processor: processor.name,
    processorKey: first === 'authorize' ? processorKey : `${row.id}:look_up`,
    requestKey: submission.idempotency?.key ?? null,
    actor: submission.actor,
    now: submission.now,
    submission: { leaseSeconds },
  })
  await sql`
    update payments set processor = ${processor.name}, payment_method_token = ${given}
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and id = ${row.id}`.execute(tx)
  // By the database's clock, as the lease: the worker takes over when others may, and not before.
  await planTask(tx, { row, kind: 'authorize', afterSeconds: leaseSeconds })
  return {
    kind: 'submitting',
    row: { ...row, processor: processor.name, payment_method_token: given },
    processor,
    processorKey,
    first,
    submission: number,
    lease,
  }
}
