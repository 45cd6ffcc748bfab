import { setTimeout as sleep } from 'node:timers/promises'
import { commit } from '../../database/commit.ts'
import type { Db } from '../../database/connect.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import type { Reply } from '../../http/answers/answer.ts'
import { type Lease, releaseLease } from '../../idempotency/lease.sql.ts'
import type { Tx } from '../../idempotency/once.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { recordDropped, refuseRecord, storedAnswer } from '../../idempotency/replay.ts'
import { keptFailureCode } from '../../processors/interface/processor.ts'
import { type CallResult, lookUp } from '../calls/call-processor.ts'
import { authorizeKeyAfter } from '../calls/processor-keys.ts'
import { planTask } from '../tasks/tasks.sql.ts'
import { processorSilent } from '../transition/refusals.ts'
import {
  type AuthorizationNews,
  callAuthorize,
  newsOfTruth,
  type Settled,
  settleAuthorization,
} from './authorize.ts'
import { beginSubmission, isSubmittedElsewhere, type Submitting } from './begin-submission.ts'
import { keepAnswer, type Submission, type Submitter } from './submission.ts'

/** In all, for one request: longer than one call may take, shorter than a client waits. */
const budgetMs = 12_000
/** Calls of one request: more is for the worker. */
const callsMax = 3
/** How soon a request looks whether another one has come to an end: at first, and at the latest. */
const lookAgainMs = { first: 50, max: 400 }

/**
 * Submits a payment to its processor. First a transaction puts on disk that it is about to happen,
 * with a task that finds out what came of it should this process die; then, outside of any
 * transaction, the processor is called; then a transaction takes the step. Of concurrent
 * submissions one calls the processor, the others wait and see what came of it.
 *
 * A process may stop for longer than its lease between any two of these. Then another one takes over,
 * calls the processor with the same key, and both find the same. The one that lost its lease moves
 * nothing and returns the answer of the other.
 */
export async function submitPayment(on: Submitter, submission: Submission): Promise<Reply> {
  const signal = AbortSignal.timeout(budgetMs)
  let { lease } = submission
  for (let looks = 0; ; ) {
    const begun = await beginSubmission(on, submission, lease)
    if (begun.kind === 'answered') return begun.reply
    if (begun.kind === 'lost') return await answerOfWinner(on, submission, signal)
    if (begun.kind === 'submitting') {
      lease = begun.lease
      const ended = await carryOn(on, submission, begun, signal)
      if (ended === 'lost') return await answerOfWinner(on, submission, signal)
      if (ended !== 'superseded') return ended
    }
    do {
      if (signal.aborted) {
        const isLost = lease !== null && !(await releaseLease(on.db, lease))
        if (isLost) return await answerOfWinner(on, submission, signal)
        return processorSilent(submission.paymentId)
      }
      await sleep(lookPauseMs(looks++))
    } while (await isSubmittedElsewhere(on, submission))
  }
}

/** `superseded`: another request submits the payment now, and it is not decided yet. */
async function carryOn(
  on: Submitter,
  submission: Submission,
  begun: Submitting,
  signal: AbortSignal,
): Promise<Reply | 'lost' | 'superseded'> {
  const { db, leaseSeconds } = on
  const { actor } = submission
  const { row, lease } = begun
  const heard = await ask(db, submission, begun, signal)
  if (!heard.known) {
    // What comes of it is then the business of the request that has taken over.
    if (lease && !(await releaseLease(db, lease))) return 'lost'
    await planTask(db, { row, kind: 'authorize', afterSeconds: 1 })
    on.onWork()
    return processorSilent(row.id)
  }
  const fence = { submission: begun.submission, lease, leaseSeconds }
  try {
    return await commit(db, 'authorization', async (tx) => {
      const settled = await settleAuthorization(tx, { row, news: heard.result, actor, fence })
      return await end(tx, submission, { ...settled, lease })
    })
  } finally {
    on.onWork()
  }
}

/**
 * The answer to a submission that was recorded. Where the worker was faster, it has done what this
 * request asked for, and the request has won all the same.
 */
async function end(
  tx: Tx,
  submission: Submission,
  { row, standing, lease }: Settled & { lease: Lease | null },
): Promise<Reply | 'lost' | 'superseded'> {
  if (standing === 'lost') return standing
  const isDecided = !statusesBefore('initiated').includes(row.status)
  if (standing === 'superseded' && !isDecided) return standing
  const won = standing === 'current' && row.status !== 'canceled'
  return await keepAnswer(tx, lease, submission.replyTo(row, won))
}

/** What the request that has taken the idempotency key over was answered, once it was. */
async function answerOfWinner(
  { db }: Submitter,
  { account, idempotency }: Submission,
  signal: AbortSignal,
): Promise<Reply> {
  if (!idempotency) throw new Error('a request without a key has no lease to lose')
  for (let looks = 0; ; ) {
    const found = await findRecord(db, { account, key: idempotency.key })
    if (!found) return recordDropped()
    const refusal = refuseRecord(found, idempotency)
    if (!refusal) return storedAnswer(found)
    if (found.outcome !== 'running' || signal.aborted) return refusal
    await sleep(lookPauseMs(looks++))
  }
}

/**
 * Asks the processor until it answers, some times. A repeated call tells the first outcome; where
 * that is a failure that the processor keeps, a look-up comes first, and then another key.
 */
async function ask(
  db: Db,
  submission: Submission,
  begun: Submitting,
  signal: AbortSignal,
): Promise<CallResult<AuthorizationNews>> {
  const { row, processor } = begun
  const { actor, now } = submission
  const requestKey = submission.idempotency?.key ?? null
  const call = { row, processor, requestKey, actor, now, signal, submission: begun.submission }
  let { processorKey } = begun
  let heard: CallResult<AuthorizationNews> = { known: false, message: '' }
  let kind = begun.first
  for (let n = 1; n <= callsMax && !signal.aborted; n++) {
    const noted = n === 1 ? { ...call, number: begun.submission } : call
    if (kind === 'look_up') {
      const truth = await lookUp(db, noted)
      heard = truth.known ? { known: true, result: newsOfTruth(truth.result) } : truth
      if (!heard.known || heard.result.state !== 'absent') return heard
      kind = 'authorize'
    } else {
      heard = await callAuthorize(db, { ...noted, processorKey })
      if (heard.known) return heard
      if (heard.isKept) {
        kind = 'look_up'
        const last = { processor_key: processorKey, code: keptFailureCode }
        processorKey = authorizeKeyAfter(last, row)
      }
      await sleep(pauseMs(n))
    }
  }
  return heard
}

/** Half as long again each time, and never all at once. */
function lookPauseMs(looks: number): number {
  const { first, max } = lookAgainMs
  return Math.min(max, first * 1.5 ** looks) * (0.75 + Math.random() / 2)
}

/** Between calls that got no answer: a quarter to half a second, then twice that. */
function pauseMs(n: number): number {
  return (250 + Math.random() * 250) * n
}
