import { commit } from '../../database/commit.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import { findLastAttempt, findLatestSubmission, giveUpAttempts } from '../calls/attempts.sql.ts'
import { type CallResult, lookUp } from '../calls/call-processor.ts'
import { authorizeKeyAfter } from '../calls/processor-keys.ts'
import { lockHeldTask } from '../tasks/claimed-tasks.sql.ts'
import { bySystem, processorOf, type Work, type WorkResult } from '../tasks/work.ts'
import {
  type AuthorizationNews,
  callAuthorize,
  newsOfTruth,
  settleAuthorization,
} from './authorize.ts'

/**
 * Finds out what came of an authorization whose outcome nobody has heard: the process that asked
 * died, the processor did not answer, or the customer is still at the bank's page. The processor is
 * asked; only where it has never heard of the payment is it asked once more to authorize it, with
 * the same idempotency key, unless that is used up. Nothing is ever guessed.
 */
export async function reconcileAuthorization(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (!statusesBefore('initiated').includes(row.status)) return 'done'
  // A request may submit the payment again meanwhile, with another token. Then that one counts.
  const submission = (await findLatestSubmission(db, row))?.submission ?? 0
  const fence = { submission, lease: null, leaseSeconds: 0 }
  await giveUpAttempts(db, { row, now, task })
  const heard = await ask(work)
  if (!heard.known) return 'failed'
  const last = await findLastAttempt(db, { row, kinds: ['authorize'] })
  const actor = last ? { type: last.actor_type, id: last.actor_id } : bySystem
  const settled = await commit(db, 'authorization', async (tx) => {
    // An authorization that exists is recorded in any case, so that it is captured or voided. Any
    // other answer may be outdated: the customer may have submitted another token since.
    if (heard.result.state !== 'authorized') await lockHeldTask(tx, task)
    return await settleAuthorization(tx, { row, news: heard.result, actor, fence })
  })
  return statusesBefore('initiated').includes(settled.row.status) ? 'pending' : 'done'
}

async function ask(work: Work): Promise<CallResult<AuthorizationNews>> {
  const { db, task, row, now } = work
  const processor = await processorOf(work)
  const truth = await lookUp(db, { row, processor, task, actor: bySystem, now })
  if (!truth.known) return truth
  const news = newsOfTruth(truth.result)
  if (news.state !== 'absent') return { known: true, result: news }
  const last = await findLastAttempt(db, { row, kinds: ['authorize'] })
  return await callAuthorize(db, {
    row,
    processor,
    processorKey: authorizeKeyAfter(last, row),
    requestKey: last?.request_key ?? null,
    task,
    actor: bySystem,
    now,
  })
}
