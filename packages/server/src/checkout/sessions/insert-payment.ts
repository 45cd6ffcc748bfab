import type { CheckoutMethod, PaymentId } from '@hedgepayments/contract'
import type { Tx } from '../../database/db.ts'
import type { CheckoutSessionRow } from '../../database/schema.ts'
import { newId } from '../../domain/ids.ts'
import type { Timestamp } from '../../domain/time.ts'
import { insertPayment } from '../../payments/create/create.sql.ts'
import { setPayment } from './sessions.sql.ts'

/**
 * Inserts the payment of a session's next try. A declined payment is final: what a merchant saw fail
 * stays failed. The session stays payable by a new payment.
 *
 * @returns the id of the payment, which is now the latest one of the session.
 */
export async function insertNextPayment(
  tx: Tx,
  session: CheckoutSessionRow,
  { customerEmail, method, now }: { customerEmail: string; method: CheckoutMethod; now: Timestamp },
): Promise<PaymentId> {
  const { id } = await insertPayment(
    tx,
    {
      merchant_id: session.merchant_id,
      livemode: session.livemode,
      id: newId<PaymentId>('payment'),
      amount: session.amount,
      currency: session.currency,
      payment_method: method,
      customer_email: customerEmail,
      customer_id: session.customer_id,
      checkout_session_id: session.id,
      description: session.description,
      statement_descriptor: session.statement_descriptor,
      metadata: session.metadata,
      success_url: session.success_url,
      cancel_url: session.cancel_url,
      url: session.url,
      retry_of: null,
      cancel_window: session.cancel_window,
      capture_method: session.capture_method,
      payment_method_token: null,
      expires_at: session.expires_at,
    },
    { actorId: session.actor_id },
  )
  await setPayment(tx, session, { paymentId: id, customerEmail, now })
  return id
}
