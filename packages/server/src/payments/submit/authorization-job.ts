import { commit } from '../../database/commit.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import { abandonAttempts, findLastAttempt, findLatestSubmission } from '../calls/attempts.sql.ts'
import { type CallResult, lookUp } from '../calls/call-processor.ts'
import { authorizeKeyAfter } from '../calls/processor-keys.ts'
import { lockClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import { bySystem, callOf, processorOf, type Work, type WorkResult } from '../tasks/work.ts'
import { type Authorization, authorizationOf, callAuthorize } from './authorize.ts'
import { recordAuthorization } from './record-authorization.ts'

/**
 * Finds the result of an authorization that has no recorded result: its process died, the processor
 * did not answer, or the customer is on the bank's page. Looks the payment up at the processor. Only
 * where the processor does not know the payment, calls `authorize` again with the same idempotency key,
 * or the next key where the processor has kept a failure for the first.
 */
export async function reconcileAuthorization(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (!statusesBefore('initiated').includes(row.status)) return 'done'
  // Read before the look-up: if a request submits the payment with another token after this, the
  // result of the look-up is outdated.
  const submission = (await findLatestSubmission(db, row))?.submission ?? 0
  const fence = { submission, lease: null, leaseSeconds: 0 }
  await abandonAttempts(db, { row, now, task })
  const found = await findAuthorization(work)
  if (!found.ok) return 'failed'
  const authorization = found.result
  const processor = await processorOf(work)
  const last = await findLastAttempt(db, { row, kinds: ['authorize'] })
  const actor = last ? { type: last.actor_type, id: last.actor_id } : bySystem
  const recorded = await commit(db, 'authorization', async (tx) => {
    // An authorization is recorded without the claim too, so that it is captured or voided. Any other
    // result may be outdated, because the customer may have submitted another token.
    if (authorization.state !== 'authorized') await lockClaimedTask(tx, task)
    return await recordAuthorization(tx, { row, processor, authorization, actor, fence })
  })
  return statusesBefore('initiated').includes(recorded.row.status) ? 'pending' : 'done'
}

async function findAuthorization(work: Work): Promise<CallResult<Authorization>> {
  const { db, row } = work
  const call = await callOf(work)
  const found = await lookUp(db, call)
  if (!found.ok) return found
  const authorization = authorizationOf(found.result)
  if (authorization.state !== 'absent') return { ok: true, result: authorization }
  const last = await findLastAttempt(db, { row, kinds: ['authorize'] })
  return await callAuthorize(db, {
    ...call,
    processorKey: authorizeKeyAfter(last, row),
    requestKey: last?.request_key ?? null,
  })
}
