import type { Db } from '../../database/db.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import { pendingSeconds } from '../../jobs/backoff.ts'
import { runEach } from '../../jobs/steps.ts'
import { claimSessions, type DueSession, releaseSession } from './checks.sql.ts'
import { endIfOver, type SessionWithPayment } from './end.ts'

/** Sessions of one turn: few enough that a stop does not wait long. */
const batchSize = 100
/** Length of a lease. It is longer than a turn takes. When a process dies, others claim its sessions then. */
const leaseSeconds = 60
/** Bounds of the pause between checks while the processor decides on the payment, in seconds. */
const submittedPause = { min: 30, max: 30 }

/**
 * Expires sessions whose time is over, and completes sessions whose process died between the payment
 * and the completion. A session that fails is reported and retried later.
 *
 * @returns whether more sessions may be due.
 */
export async function stepCheckout(db: Db, onError: (error: unknown) => void): Promise<boolean> {
  const due = await claimSessions(db, { limit: batchSize, leaseSeconds })
  await runEach(due, {
    run: async (session) => {
      const at = nextCheck(session, await endIfOver(db, session, session.now))
      if (at) await releaseSession(db, session, { at, failures: 0 })
    },
    postpone: async (session, { failures, pauseSeconds }) => {
      await releaseSession(db, session, { at: plusSeconds(session.now, pauseSeconds), failures })
    },
    onError,
  })
  return due.length >= batchSize
}

/** The next check of a session that is still open; `null`: it has ended. */
function nextCheck(due: DueSession, { session, payment }: SessionWithPayment): Timestamp | null {
  if (session.status !== 'open') return null
  const soon = plusSeconds(due.now, pendingSeconds(0, submittedPause))
  const isSubmitted = payment?.status === 'pending' && payment.processor !== null
  return isSubmitted || session.expires_at < soon ? soon : session.expires_at
}
