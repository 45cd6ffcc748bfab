import type { Db } from '../../database/connect.ts'
import { isOwnFailure } from '../../database/errors.ts'
import type { Timestamp } from '../../domain/time.ts'
import { plusSeconds } from '../../domain/time.ts'
import { pendingSeconds, retrySeconds } from '../../jobs/backoff.ts'
import { claimSessions, type DueSession, releaseSession } from './sessions.sql.ts'
import { type SessionWithPayment, settle } from './settle.ts'

/** Sessions of one turn: few enough that a stop need not wait long. */
const batchSize = 100
/** Longer than a turn takes. When its process dies, another one looks after this. */
const leaseSeconds = 60
/** A session whose payment is still being submitted is looked at again after this. */
const submittedLook = { min: 30, max: 30 }

/**
 * Ends the sessions whose time has come, and completes those whose process died between paying and
 * saying so. A session that fails is reported and tried again later: it delays no other. Returns
 * whether there may be more.
 */
export async function stepCheckout(db: Db, onError: (error: unknown) => void): Promise<boolean> {
  const due = await claimSessions(db, { limit: batchSize, leaseSeconds })
  for (const session of due) {
    try {
      const at = nextLook(session, await settle(db, session, session.now))
      if (at) await releaseSession(db, session, { at, failures: 0 })
    } catch (error) {
      if (!isOwnFailure(error)) throw error
      onError(error)
      const failures = session.failures + 1
      const at = plusSeconds(session.now, retrySeconds(failures))
      await releaseSession(db, session, { at, failures })
    }
  }
  return due.length >= batchSize
}

/** When to look at a session that is still open; `null`: it has ended. */
function nextLook(due: DueSession, { session, payment }: SessionWithPayment): Timestamp | null {
  if (session.status !== 'open') return null
  const soon = plusSeconds(due.now, pendingSeconds(0, submittedLook))
  const isSubmitted = payment?.status === 'pending' && payment.processor !== null
  return isSubmitted || session.expires_at < soon ? soon : session.expires_at
}
