import { erasedEmail, type PaymentId } from '@hedgepayments/contract'
import { runTransaction } from '../../database/commit.ts'
import type { Db, Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { newId } from '../../domain/ids.ts'
import type { Timestamp } from '../../domain/time.ts'
import { insertPayment } from '../../payments/create/create.sql.ts'
import { lockPayment } from '../../payments/transition/lock-payment.sql.ts'
import { triesMax } from '../sessions/status.ts'
import { findLatestRetry, wasAuthorized } from './retries.sql.ts'

/** The payments of a link without a session. A declined payment is final, so each retry is another one. */
export interface LinkPayments {
  /** The payment that the link names. */
  readonly first: PaymentRow
  /** The latest retry, or the first payment. */
  readonly latest: PaymentRow
  /** Payments so far, with the first one. */
  readonly tries: number
  /** The latest payment failed before it was authorized: the processor declined it. */
  readonly isDeclined: boolean
}

/** Finds the payments of a link by the payment that it names. */
export async function findLinkPayments(db: Db, first: PaymentRow): Promise<LinkPayments> {
  // Only a failed payment has retries.
  const found = first.status === 'failed' ? await findLatestRetry(db, first) : null
  const latest = found?.latest ?? first
  const isDeclined = latest.status === 'failed' && !(await wasAuthorized(db, latest))
  return { first, latest, tries: 1 + (found?.count ?? 0), isDeclined }
}

/**
 * Whether the customer may pay again by the link. Not after an authorization: then the customer was
 * told that the payment is accepted, and the merchant decides what follows. Not after the customer's data was
 * erased either: a retry copies it.
 */
export function canRetry({ first, tries, isDeclined }: LinkPayments, now: Timestamp): boolean {
  const isErased = first.customer_email === erasedEmail
  return isDeclined && !isErased && tries < triesMax && now < first.expires_at
}

/**
 * The payment of the next try by a link without a session: a new one if the latest was declined. The
 * first payment is locked, so concurrent tries get the same payment.
 *
 * @returns `null` if the link accepts no further try.
 */
export async function prepareRetry(
  db: Db,
  { first: { merchant_id, livemode, id } }: LinkPayments,
  now: Timestamp,
): Promise<Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'> | null> {
  return await runTransaction(db, async (tx) => {
    const account = { merchantId: merchant_id, livemode }
    const first = await lockPayment(tx, { account, id })
    if (!first) throw new Error('the payment of a link no longer exists')
    const link = await findLinkPayments(tx, first)
    if (link.latest.status !== 'failed') return link.latest
    if (!canRetry(link, now)) return null
    return { merchant_id, livemode, id: await insertRetry(tx, first) }
  })
}

/** Inserts a payment with everything that the merchant has said about the first one, also its url. */
async function insertRetry(tx: Tx, first: PaymentRow): Promise<PaymentId> {
  const { merchantId: merchant_id, livemode } = accountOf(first)
  const retry = {
    merchant_id,
    livemode,
    id: newId<PaymentId>('payment'),
    retry_of: first.id,
    amount: first.amount,
    currency: first.currency,
    payment_method: first.payment_method,
    customer_email: first.customer_email,
    customer_id: first.customer_id,
    checkout_session_id: first.checkout_session_id,
    description: first.description,
    statement_descriptor: first.statement_descriptor,
    metadata: first.metadata,
    success_url: first.success_url,
    cancel_url: first.cancel_url,
    url: first.url,
    cancel_window: first.cancel_window,
    capture_method: first.capture_method,
    payment_method_token: null,
    expires_at: first.expires_at,
  }
  return (await insertPayment(tx, retry, { actorId: null })).id
}
