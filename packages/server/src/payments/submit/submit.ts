import { setTimeout as sleep } from 'node:timers/promises'
import { commit } from '../../database/commit.ts'
import type { Db, Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import type { Reply } from '../../http/answers/answer.ts'
import { type KeyLease, releaseLease } from '../../idempotency/lease.sql.ts'
import { serialized } from '../../idempotency/once.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { recordDropped, refuseRecord, storedAnswer } from '../../idempotency/replay.ts'
import { keptFailureCode } from '../../processors/interface/results.ts'
import { type AttemptEnd, endAttempt } from '../calls/attempts.sql.ts'
import { type CallResult, endCall, lookUp } from '../calls/call-processor.ts'
import { authorizeKeyAfter } from '../calls/processor-keys.ts'
import { planTask } from '../tasks/tasks.sql.ts'
import { processorSilent } from '../transition/refusals.ts'
import { type Authorization, authorizationOf, callAuthorize, makeAuthorize } from './authorize.ts'
import { beginSubmission, isSubmittedElsewhere, type Submitting } from './begin-submission.ts'
import { type RecordedAuthorization, recordAuthorization } from './record-authorization.ts'
import { type Submission, type SubmissionDependencies, storeOwnAnswer } from './submission.ts'

/** How long one request may take: longer than one call, and shorter than clients wait. */
const budgetMs = 12_000
/** Calls that one request makes. After these, the worker calls the processor. */
const callsMax = 3
/** Pauses between polls of a request that waits for another request: the first one, and the longest. */
const pollMs = { first: 50, max: 400 }

/**
 * Submits a payment to its processor, in three parts:
 * 1. A transaction records the submission, with a task that reconciles it if this process dies.
 * 2. Outside of any transaction, the processor is called.
 * 3. A transaction records the result.
 *
 * Of concurrent submissions, only one calls the processor. The others wait for its result.
 *
 * A process may pause for longer than its lease between any two parts. Then another process takes over
 * and calls the processor with the same key, so both get the same result. The process that lost its
 * lease moves nothing, and returns the other's answer.
 */
export async function submitPayment(
  dependencies: SubmissionDependencies,
  submission: Submission,
): Promise<Reply> {
  const signal = AbortSignal.timeout(budgetMs)
  let { lease } = submission
  for (let polls = 0; ; ) {
    const begun = await beginSubmission(dependencies, submission, lease)
    if (begun.kind === 'answered') return begun.reply
    if (begun.kind === 'lost') return await answerOfNextOwner(dependencies, submission, signal)
    if (begun.kind === 'submitting') {
      lease = begun.lease
      const ended = await callAndRecord(dependencies, submission, begun, signal)
      if (ended === 'lost') return await answerOfNextOwner(dependencies, submission, signal)
      if (ended !== 'superseded') return ended
    }
    do {
      if (signal.aborted) {
        const isLost = lease !== null && !(await releaseLease(dependencies.db, lease))
        if (isLost) return await answerOfNextOwner(dependencies, submission, signal)
        return processorSilent(submission.paymentId)
      }
      await sleep(pollPauseMs(polls++))
    } while (await isSubmittedElsewhere(dependencies, submission))
  }
}

/**
 * Calls the processor and records the result. `lost`: another request has taken over the idempotency
 * key. `superseded`: another request submits the payment now, and has no result yet.
 */
async function callAndRecord(
  dependencies: SubmissionDependencies,
  submission: Submission,
  begun: Submitting,
  signal: AbortSignal,
): Promise<Reply | 'lost' | 'superseded'> {
  const { db, leaseSeconds } = dependencies
  const { actor } = submission
  const { row, lease, processor } = begun
  const { called, end } = await callUntilAnswered(db, submission, begun, signal)
  if (!called.ok) {
    // A request that has taken over handles the result.
    if (lease && !(await releaseLease(db, lease))) return 'lost'
    await planTask(db, { row, kind: 'authorize', afterSeconds: 1 })
    dependencies.onWork()
    return processorSilent(row.id)
  }
  if (end) {
    const reply = await recordFirst(dependencies, submission, { begun, result: called.result, end })
    if (reply) return reply
  }
  const fence = { submission: begun.submission, lease, leaseSeconds }
  try {
    return await commit(db, 'authorization', async (tx) => {
      const authorization = called.result
      const recorded = await recordAuthorization(tx, {
        ...{ row, processor, authorization, actor, fence },
      })
      return await answerRecorded(tx, submission, { ...recorded, lease })
    })
  } finally {
    dependencies.onWork()
  }
}

/**
 * Records the usual authorization, with the answer and the end of the call, together with others. `null`: it does not
 * fit. Then only the end of the call was recorded.
 */
async function recordFirst(
  { db, batches, onWork }: SubmissionDependencies,
  { actor, replyTo }: Submission,
  { begun, result, end }: { begun: Submitting; result: Authorization; end: AttemptEnd },
): Promise<Reply | null> {
  const { row, submission, lease } = begun
  if (result.state === 'authorized' || result.state === 'accepted') {
    const isSent = result.state === 'authorized'
    const moved = await batches.record({
      ...{ row, submission, lease, actor, outcome: result.state, method: result.method ?? null },
      reference: isSent ? result.reference : null,
      expiresAt: isSent ? result.expiresAt : null,
      endedAt: end.now,
      replyTo: (row) => replyTo(row, true),
    })
    if (moved) {
      onWork()
      const reply = replyTo(moved, true)
      return lease ? serialized(reply) : reply
    }
  }
  await endAttempt(db, { row, number: submission, end })
  return null
}

/**
 * Answers a submission whose result is recorded. If the worker was faster, it has completed the
 * submission of this request, so this request counts as the cause.
 */
async function answerRecorded(
  tx: Tx,
  submission: Submission,
  { row, standing, lease }: RecordedAuthorization & { lease: KeyLease | null },
): Promise<Reply | 'lost' | 'superseded'> {
  if (standing === 'lost') return standing
  const isDecided = !statusesBefore('initiated').includes(row.status)
  if (standing === 'superseded' && !isDecided) return standing
  const won = standing === 'current' && row.status !== 'canceled'
  return await storeOwnAnswer(tx, lease, submission.replyTo(row, won))
}

/** Waits for the answer of the request that has taken over the idempotency key. */
async function answerOfNextOwner(
  { db }: SubmissionDependencies,
  { account, idempotency }: Submission,
  signal: AbortSignal,
): Promise<Reply> {
  if (!idempotency) throw new Error('a request without a key has no lease to lose')
  for (let polls = 0; ; ) {
    const found = await findRecord(db, { account, key: idempotency.key })
    if (!found) return recordDropped()
    const refusal = refuseRecord(found, idempotency)
    if (!refusal) return storedAnswer(found)
    if (found.outcome !== 'running' || signal.aborted) return refusal
    await sleep(pollPauseMs(polls++))
  }
}

/** The last call of a request. */
interface CalledProcessor {
  readonly called: CallResult<Authorization>
  /** The end of the call, where it is to be recorded together with the result. */
  readonly end?: AttemptEnd
}

/**
 * Calls the processor until it answers, at most `callsMax` times. A repeated call returns the first
 * result. If the processor has kept a failure for the key, looks the payment up, then uses the next key.
 */
async function callUntilAnswered(
  db: Db,
  submission: Submission,
  begun: Submitting,
  signal: AbortSignal,
): Promise<CalledProcessor> {
  const { row, processor } = begun
  const { actor, now } = submission
  const requestKey = submission.idempotency?.key ?? null
  const call = { row, processor, requestKey, actor, now, signal, submission: begun.submission }
  let { processorKey } = begun
  let called: CallResult<Authorization> = { ok: false, message: '' }
  let kind = begun.first
  for (let n = 1; n <= callsMax && !signal.aborted; n++) {
    const attempt = n === 1 ? { ...call, number: begun.submission } : call
    if (kind === 'look_up') {
      const found = await lookUp(db, attempt)
      called = found.ok ? { ok: true, result: authorizationOf(found.result) } : found
      if (!called.ok || called.result.state !== 'absent') return { called }
      kind = 'authorize'
    } else {
      if (n === 1) {
        const made = await makeAuthorize({ ...attempt, processorKey })
        if (made.called.ok && isUsual(row, made.called.result)) return made
        called = await endCall(db, { row, number: begun.submission, made })
      } else {
        called = await callAuthorize(db, { ...attempt, processorKey })
      }
      if (called.ok) return { called }
      if (called.isKept) {
        kind = 'look_up'
        const last = { processor_key: processorKey, code: keptFailureCode }
        processorKey = authorizeKeyAfter(last, row)
      }
      await sleep(pauseMs(n))
    }
  }
  return { called }
}

/** Whether a result of the first call can be recorded together with others: `recordFirst`. */
function isUsual({ capture_method }: PaymentRow, { state }: Authorization): boolean {
  return capture_method === 'automatic' && (state === 'authorized' || state === 'accepted')
}

/** The pause before the next poll. It grows by half each time, with jitter between waiting requests. */
function pollPauseMs(polls: number): number {
  const { first, max } = pollMs
  return Math.min(max, first * 1.5 ** polls) * (0.75 + Math.random() / 2)
}

/** The pause after call `n`, which got no answer: `n` times 250 to 500 ms, at random. */
function pauseMs(n: number): number {
  return (250 + Math.random() * 250) * n
}
