import type { Db } from '../database/connect.ts'
import { timeOf } from '../merchants/clock.ts'
import { plusSeconds, toTimestamp } from '../time.ts'
import { dueSessions, lookBy } from './sessions.sql.ts'
import { settle } from './settle.ts'

/** Sessions of one turn: few enough that a stop need not wait long. */
const batchSize = 100
/** A session whose try is still running is looked at again after this. */
const againSeconds = 30

/**
 * Ends the sessions whose time has come, and completes those whose process died between paying and
 * saying so. Returns whether there may be more.
 */
export async function stepCheckout(db: Db, nowMs: number = Date.now()): Promise<boolean> {
  const due = await dueSessions(db, { now: toTimestamp(nowMs), limit: batchSize })
  for (const seen of due) {
    const now = await timeOf(db, { merchantId: seen.merchant_id, livemode: seen.livemode })
    const { session, payment } = await settle(db, seen, now)
    if (session.status !== 'open') continue
    const isAtIt = payment?.status === 'pending' && payment.processor !== null
    const soon = plusSeconds(now, againSeconds)
    await lookBy(db, session, isAtIt || session.expires_at < soon ? soon : session.expires_at)
  }
  return due.length >= batchSize
}
