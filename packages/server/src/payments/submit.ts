import { setTimeout as sleep } from 'node:timers/promises'
import { commit } from '../database/commit.ts'
import type { Db } from '../database/connect.ts'
import type { Reply } from '../http/answer.ts'
import { releaseLease } from '../idempotency/lease.sql.ts'
import { keptFailureCode } from '../processors/processor.ts'
import { plusSeconds, toTimestamp } from '../time.ts'
import {
  type AuthorizationNews,
  callAuthorize,
  newsOfTruth,
  settleAuthorization,
} from './authorize.ts'
import { beginSubmission, isSubmittedElsewhere, type Submitting } from './begin-submission.ts'
import { type CallResult, lookUp } from './call-processor.ts'
import { authorizeKeyAfter } from './processor-keys.ts'
import { processorSilent } from './refusals.ts'
import { keepAnswer, type Submission, type Submitter } from './submission.ts'
import { planTask } from './tasks.sql.ts'

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
 */
export async function submitPayment(on: Submitter, submission: Submission): Promise<Reply> {
  const signal = AbortSignal.timeout(budgetMs)
  for (let looks = 0; ; ) {
    const begun = await beginSubmission(on, submission)
    if (begun.kind === 'answered') return begun.reply
    if (begun.kind === 'submitting') return await carryOn(on, submission, begun, signal)
    do {
      if (signal.aborted) return processorSilent(submission.paymentId)
      await sleep(lookPauseMs(looks++))
    } while (await isSubmittedElsewhere(on, submission))
  }
}

async function carryOn(
  on: Submitter,
  submission: Submission,
  begun: Submitting,
  signal: AbortSignal,
): Promise<Reply> {
  const { db } = on
  const { idempotency, account, actor } = submission
  const heard = await ask(db, submission, begun, signal)
  if (!heard.known) {
    const now = toTimestamp(Date.now())
    if (idempotency) await releaseLease(db, { account, key: idempotency.key, now })
    await planTask(db, { row: begun.row, kind: 'authorize', dueAt: plusSeconds(submission.now, 1) })
    on.onWork()
    return processorSilent(begun.row.id)
  }
  const reply = await commit(db, 'authorization', async (tx) => {
    const settled = { row: begun.row, news: heard.result, actor, now: submission.now }
    const { row, isFirst } = await settleAuthorization(tx, settled)
    const won = row.status !== 'canceled' && (isFirst || begun.isResumed)
    return await keepAnswer(tx, submission, submission.replyTo(row, won))
  })
  on.onWork()
  return reply
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
  const call = { row, processor, requestKey, actor, now, signal }
  let { processorKey } = begun
  let heard: CallResult<AuthorizationNews> = { known: false, message: '' }
  let kind = begun.first
  for (let n = 1; n <= callsMax && !signal.aborted; n++) {
    const noted = n === 1 ? { ...call, number: begun.number } : call
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
