import type { Db } from '../../database/db.ts'
import type { AuthorizeRequest, ProcessorPayment } from '../interface/processor.ts'
import type { AuthorizeResult } from '../interface/results.ts'
import { declineEntry, newEntry } from './authorization.ts'
import {
  countFault,
  findAnswer,
  findEntry,
  lockBooks,
  type SandboxPayment,
  saveAnswer,
  saveEntry,
} from './books/books.sql.ts'
import { down, throwIfDown } from './faults.ts'
import { findPlans, takePlannedFailure } from './planned-failures.sql.ts'
import { authorizeResultOf } from './state.ts'
import { plannedFaultToken } from './tokens/tokens.ts'

/**
 * Plays the oldest planned failure of a merchant, if one waits. Then the token of the payment does not
 * matter.
 *
 * @returns the decline; `null`: nothing was planned, and the token decides.
 * @throws {SandboxFault} if the plan says that the sandbox is down, and for a minute afterwards.
 */
export async function playPlannedFailure(
  db: Db,
  merchantId: string,
  { payment, request }: { payment: ProcessorPayment; request: AuthorizeRequest },
): Promise<AuthorizeResult | null> {
  const id = { merchantId, paymentId: payment.id }
  const { isWaiting, wasDown } = await findPlans(db, { ...id, token: plannedFaultToken })
  if (wasDown) await throwIfDown(db, { ...id, now: request.now })
  if (!isWaiting) return null
  request.signal.throwIfAborted()
  const played = await db.transaction().execute(async (tx) => {
    await lockBooks(tx, id)
    const key = { merchantId, key: request.idempotencyKey }
    const entry = await findEntry(tx, id)
    // The call is a repetition, or another call has decided.
    if (await findAnswer(tx, key)) return null
    if (entry && entry.status !== 'action_required') return null
    const code = await takePlannedFailure(tx, merchantId)
    if (code === undefined) return null
    if (code === 'processor_unavailable') {
      await countFault(tx, {
        ...id,
        operation: 'authorize',
        token: plannedFaultToken,
        now: request.now,
      })
      return 'down'
    }
    const submitted: SandboxPayment = {
      ...(entry ?? newEntry(merchantId, payment)),
      ...{ token: request.token, action_secret: null, action_url: null },
    }
    const declined = declineEntry(submitted, code)
    await saveEntry(tx, declined)
    const result = authorizeResultOf(declined)
    await saveAnswer(tx, { ...key, answer: result })
    return result
  })
  // Thrown after the commit: the failure is used up, and the payment stays down for a minute.
  if (played === 'down') throw down()
  return played
}
