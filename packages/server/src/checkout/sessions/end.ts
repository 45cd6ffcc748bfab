import type { ActorType, CheckoutSession } from '@hedgepayments/contract'
import { runTransaction } from '../../database/commit.ts'
import type { Db, Tx } from '../../database/db.ts'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { isAllowed } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { insertEvent } from '../../events/insert-event.sql.ts'
import { cancelInTransaction } from '../../payments/cancel/cancel-in-transaction.ts'
import { lockPayment } from '../../payments/transition/lock-payment.sql.ts'
import { findPayment } from '../../payments/view/payments.sql.ts'
import { renderSession } from './render.ts'
import { findSession, lockSession, setEnded } from './sessions.sql.ts'
import { triesMax as paymentsMax, statusOf } from './status.ts'

/** A session together with its latest payment. */
export interface SessionWithPayment {
  readonly session: CheckoutSessionRow
  readonly payment: PaymentRow | null
}

/** The actor that ends a session, and the reason. */
export interface Ending {
  readonly actorType: ActorType
  readonly actorId: string | null
  readonly reason: string
}

/** Cancellation reason of a payment whose session a request has expired. Source: contract. */
export const expiredByRequest = 'checkout_session_expired'

/** Between two reads, a session may get another payment: once for each of its tries. */
const readsMax = paymentsMax + 1

const byTheClock: Ending = { actorType: 'system', actorId: null, reason: 'expired' }

/**
 * Reads the latest payment of a session, and completes or expires the session if its payment or the
 * time says so. `now` is the merchant's time.
 */
export async function endIfOver(
  db: Db,
  session: CheckoutSessionRow,
  now: Timestamp,
): Promise<SessionWithPayment> {
  const account = accountOf(session)
  const payment = session.payment_id
    ? ((await findPayment(db, { account, id: session.payment_id })) ?? null)
    : null
  const isOver = statusOf(session, payment, now) !== session.status
  if (!isOver) return { session, payment }
  return await runTransaction(db, async (tx) => {
    return await endLockedIfOver(tx, await lockWithPayment(tx, session), now)
  })
}

/**
 * Expires an open session, and cancels its payment if the payment is cancelable. A session that is
 * complete, or has expired before, does not change: `hasExpired` is false then.
 */
export async function expireNow(
  tx: Tx,
  session: CheckoutSessionRow,
  { ending, now }: { ending: Ending; now: Timestamp },
): Promise<SessionWithPayment & { hasExpired: boolean }> {
  const locked = await lockWithPayment(tx, session)
  const hasExpired =
    locked.session.status === 'open' && statusOf(locked.session, locked.payment, now) !== 'complete'
  return hasExpired
    ? { ...(await end(tx, locked, { status: 'expired', ending, now })), hasExpired }
    : { ...(await endLockedIfOver(tx, locked, now)), hasExpired }
}

/**
 * Locks a session and its latest payment until the transaction ends, the payment first, as everywhere.
 * If the session gets another payment before the locks are taken, reads it again.
 */
export async function lockWithPayment(
  tx: Tx,
  { merchant_id, livemode, id }: Pick<CheckoutSessionRow, 'merchant_id' | 'livemode' | 'id'>,
): Promise<SessionWithPayment> {
  const account = { merchantId: merchant_id, livemode }
  for (let tries = 0; tries < readsMax; tries++) {
    const seen = await findSession(tx, { account, id })
    if (!seen) throw new Error('a checkout session no longer exists')
    const payment = seen.payment_id
      ? ((await lockPayment(tx, { account, id: seen.payment_id })) ?? null)
      : null
    const session = await lockSession(tx, { account, id })
    if (session && session.payment_id === seen.payment_id) return { session, payment }
  }
  throw new Error(`checkout session ${id} got another payment ${readsMax} times in a row`)
}

async function endLockedIfOver(
  tx: Tx,
  locked: SessionWithPayment,
  now: Timestamp,
): Promise<SessionWithPayment> {
  const status = statusOf(locked.session, locked.payment, now)
  if (status === 'open' || locked.session.status !== 'open') return locked
  return await end(tx, locked, { status, ending: byTheClock, now })
}

async function end(
  tx: Tx,
  { session, payment }: SessionWithPayment,
  { status, ending, now }: { status: 'complete' | 'expired'; ending: Ending; now: Timestamp },
): Promise<SessionWithPayment> {
  const account = accountOf(session)
  const at = now > session.updated_at ? now : session.updated_at
  let paymentNow = payment
  if (status === 'expired' && payment && isAllowed('cancel', payment.status)) {
    await cancelInTransaction(tx, { ...account, ...ending, paymentId: payment.id, now: at })
    paymentNow = (await findPayment(tx, { account, id: payment.id })) ?? null
  }
  const ended: CheckoutSessionRow = {
    ...session,
    status,
    completed_at: status === 'complete' ? at : null,
    updated_at: at,
  }
  await recordEnd(tx, renderSession(ended, paymentNow?.status ?? null), {
    merchantId: session.merchant_id,
    actorType: status === 'complete' ? 'customer' : ending.actorType,
    actorId: status === 'complete' ? null : ending.actorId,
  })
  return { session: ended, payment: paymentNow }
}

/** Writes the session's end, and inserts the event with its new state. */
async function recordEnd(
  tx: Tx,
  shown: CheckoutSession,
  { merchantId, actorType, actorId }: Omit<Ending, 'reason'> & { merchantId: string },
): Promise<void> {
  if (!(await setEnded(tx, merchantId, shown))) return
  await insertEvent(tx, {
    merchant_id: merchantId,
    livemode: shown.livemode,
    subject_id: shown.id,
    sequence: 1,
    type: shown.status === 'complete' ? 'checkout.completed' : 'checkout.expired',
    created_at: shown.updated_at,
    actor_type: actorType,
    actor_id: actorId,
    to_status: null,
    reason: null,
    state: { data: shown },
  })
}
