import type { Db } from '../../database/connect.ts'
import type { Timestamp } from '../../domain/time.ts'
import {
  findChallenged,
  findEntry,
  lockBooks,
  noteMovement,
  type SandboxPayment,
  saveEntry,
} from './books.sql.ts'
import { declineMessages } from './declines.ts'
import { findTestToken } from './tokens.ts'

/** What the customer does on the page of the challenge. */
export type ChallengeAnswer = 'confirm' | 'refuse'

/**
 * Ends a 3-D Secure challenge as the customer wants it, or as the token has it. One that has ended
 * or was given up stays as it is. `undefined`: no challenge has this secret.
 */
export async function answerChallenge(
  db: Db,
  { secret, wanted, now }: { secret: string; wanted: ChallengeAnswer; now: Timestamp },
): Promise<SandboxPayment | undefined> {
  return await db.transaction().execute(async (tx) => {
    const found = await findChallenged(tx, secret)
    if (!found) return undefined
    const id = { merchantId: found.merchant_id, paymentId: found.payment_id }
    await lockBooks(tx, id)
    const entry = await findEntry(tx, id)
    if (entry?.status !== 'action_required' || entry.action_secret !== secret) return entry
    const passes = wanted === 'confirm' && findTestToken(entry.token ?? '')?.challenge === 'passes'
    if (!passes) {
      const declined: SandboxPayment = {
        ...entry,
        status: 'declined',
        decline_code: 'authentication_failed',
        decline_message: declineMessages.authentication_failed,
      }
      await saveEntry(tx, declined)
      return declined
    }
    const authorized: SandboxPayment = { ...entry, status: 'authorized' }
    await saveEntry(tx, authorized)
    const idempotencyKey = `challenge ${entry.payment_id}`
    await noteMovement(tx, {
      entry,
      kind: 'authorize',
      amount: entry.amount,
      idempotencyKey,
      now,
    })
    return authorized
  })
}
