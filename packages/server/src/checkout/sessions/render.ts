import type {
  CheckoutSession,
  CheckoutSessionId,
  PaymentId,
  PaymentStatus,
} from '@hedgepayments/contract'
import type { CheckoutSessionRow } from '../../database/schema.ts'

/** The session as the API shows it. */
export function renderSession(
  row: CheckoutSessionRow,
  paymentStatus: PaymentStatus | null,
): CheckoutSession {
  return {
    id: row.id as CheckoutSessionId,
    object: 'checkout_session',
    livemode: row.livemode,
    status: row.status,
    url: row.url,
    payment_id: row.payment_id as PaymentId | null,
    payment_status: paymentStatus,
    amount: row.amount,
    currency: row.currency,
    customer_email: row.customer_email,
    customer_id: row.customer_id,
    description: row.description,
    statement_descriptor: row.statement_descriptor,
    metadata: row.metadata,
    payment_method_types: row.payment_method_types,
    cancel_window: row.cancel_window,
    capture_method: row.capture_method,
    success_url: row.success_url,
    cancel_url: row.cancel_url,
    expires_at: row.expires_at,
    completed_at: row.completed_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}
