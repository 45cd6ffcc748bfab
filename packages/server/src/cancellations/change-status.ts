import type { CancellationStatus } from '@hedgepayments/contract'
import { actorOf, recordAudit } from '../audit/record.ts'
import type { Tx } from '../database/db.ts'
import type { Timestamp } from '../domain/time.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import type { Auth, Origin } from '../http/request/auth.ts'
import { setStatus } from './cancellations.sql.ts'
import { mayOpen, tooManyOpen } from './create.ts'
import { renderCancellation } from './render.ts'
import { withCancellation } from './with-cancellation.ts'

/** A request to pause or resume a cancellation. */
interface StatusRequest {
  readonly auth: Auth
  readonly params: { readonly id: string }
  readonly now: Timestamp
  readonly origin: Origin
}

/**
 * Pauses or resumes a cancellation whose status is one of `from`, and records the action. A cancellation
 * with another status stays as it is.
 */
export async function changeStatus(
  tx: Tx,
  request: StatusRequest,
  { from, to }: { from: CancellationStatus[]; to: 'paused' | 'running' },
): Promise<Reply> {
  const key = { account: request.auth, id: request.params.id }
  return await withCancellation(tx, key, async ({ status }) => {
    const isResumed = to === 'running' && status === 'paused'
    if (isResumed && !(await mayOpen(tx, request.auth))) return tooManyOpen()
    if (await setStatus(tx, { ...key, now: request.now, from, to })) {
      const action = to === 'paused' ? 'cancellation.paused' : 'cancellation.resumed'
      await recordAudit(tx, actorOf(request), {
        action,
        target: { type: 'cancellation', id: key.id },
      })
    }
    return await withCancellation(tx, key, (row) => answer(200, renderCancellation(row)))
  })
}
