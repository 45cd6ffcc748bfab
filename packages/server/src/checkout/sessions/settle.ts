import type { ActorType } from '@hedgepayments/contract'
import type { Db } from '../../database/connect.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import { isAllowed } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Tx } from '../../idempotency/once.ts'
import { cancelInTransaction } from '../../payments/cancel/cancel.ts'
import { findPayment } from '../../payments/view/payments.sql.ts'
import { statusOf } from './outcome.ts'
import { renderSession } from './render.ts'
import { endSession, findSession, lockPayment, lockSession } from './sessions.sql.ts'

/** A session together with its latest payment. */
export interface SessionWithPayment {
  readonly session: CheckoutSessionRow
  readonly payment: PaymentRow | null
}

/** Why a session may be ended before its time. */
export interface Ending {
  readonly actorType: ActorType
  readonly actorId: string | null
  readonly reason: string
}

/** Source: contract, `cancellation_reason` of a payment whose session was expired by hand. */
export const expiredByHand = 'checkout_session_expired'

const byTheClock: Ending = { actorType: 'system', actorId: null, reason: 'expired' }

/** Reads a session's latest payment, and ends the session where the two say that it is over. */
export async function settle(
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
  return await retryConflicts(() =>
    db.transaction().execute(async (tx) => {
      const locked = await lockBoth(tx, session)
      return await endIfOver(tx, locked, now)
    }),
  )
}

/**
 * Ends an open session now: its payment, where it still can be, is canceled with it. One that is
 * over already stays as it is, and `isNews` is false.
 */
export async function expireNow(
  tx: Tx,
  session: CheckoutSessionRow,
  { ending, now }: { ending: Ending; now: Timestamp },
): Promise<SessionWithPayment & { isNews: boolean }> {
  const locked = await lockBoth(tx, session)
  const isNews =
    locked.session.status === 'open' && statusOf(locked.session, locked.payment, now) !== 'complete'
  return isNews
    ? { ...(await end(tx, locked, { status: 'expired', ending, now })), isNews }
    : { ...(await endIfOver(tx, locked, now)), isNews }
}

/**
 * Locks a session and its latest payment: the payment first, as everywhere. A session that has got
 * another payment meanwhile is read anew.
 */
export async function lockBoth(
  tx: Tx,
  { merchant_id, livemode, id }: Pick<CheckoutSessionRow, 'merchant_id' | 'livemode' | 'id'>,
): Promise<SessionWithPayment> {
  const account = { merchantId: merchant_id, livemode }
  for (;;) {
    const seen = await findSession(tx, { account, id })
    if (!seen) throw new Error('a checkout session vanished')
    const payment = seen.payment_id
      ? ((await lockPayment(tx, { account, id: seen.payment_id })) ?? null)
      : null
    const session = await lockSession(tx, { account, id })
    if (session && session.payment_id === seen.payment_id) return { session, payment }
  }
}

async function endIfOver(
  tx: Tx,
  both: SessionWithPayment,
  now: Timestamp,
): Promise<SessionWithPayment> {
  const status = statusOf(both.session, both.payment, now)
  if (status === 'open' || both.session.status !== 'open') return both
  return await end(tx, both, { status, ending: byTheClock, now })
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
  await endSession(tx, renderSession(ended, paymentNow?.status ?? null), {
    merchantId: session.merchant_id,
    actorType: status === 'complete' ? 'customer' : ending.actorType,
    actorId: status === 'complete' ? null : ending.actorId,
  })
  return { session: ended, payment: paymentNow }
}

function accountOf(session: CheckoutSessionRow) {
  return { merchantId: session.merchant_id, livemode: session.livemode }
}
