import type { Db } from '../../database/db.ts'
import type { Timestamp } from '../../domain/time.ts'
import { authorizedUntil, declineEntry } from './authorization.ts'
import {
  findChallenged,
  findEntry,
  insertMovement,
  lockBooks,
  type SandboxPayment,
  saveEntry,
} from './books/books.sql.ts'
import { findTestToken } from './tokens/tokens.ts'

/** The button that the customer presses on the challenge's page. */
export type ChallengeAnswer = 'confirm' | 'refuse'

/**
 * Ends a 3-D Secure challenge with the customer's answer. Some tokens fail whatever the customer
 * answers. A challenge that has ended or was voided does not change.
 *
 * @returns the payment; `undefined` if no challenge has this secret.
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
      const declined = declineEntry(entry, 'authentication_failed')
      await saveEntry(tx, declined)
      return declined
    }
    const authorized: SandboxPayment = {
      ...entry,
      status: 'authorized',
      authorized_until: authorizedUntil(now),
    }
    await saveEntry(tx, authorized)
    const idempotencyKey = `challenge ${entry.payment_id}`
    await insertMovement(tx, {
      entry,
      kind: 'authorize',
      amount: entry.amount,
      idempotencyKey,
      now,
    })
    return authorized
  })
}
