import type {
  CheckoutSessionId,
  MerchantId,
  Payment,
  PaymentId,
  PaymentMethodDetails,
  Refund,
} from '@hedgepayments/contract'
import type { PaymentRow } from '../../database/schema.ts'
import { actionsOf, isAllowed } from '../../domain/lifecycle.ts'

/**
 * The payment as the API shows it. The same row always gives the same bytes: the replay of a cancel
 * relies on that. The order of the fields is that of `Payment` in the contract.
 */
export function renderPayment(row: PaymentRow, refunds: readonly Refund[]): Payment {
  return {
    id: row.id as PaymentId,
    object: 'payment',
    livemode: row.livemode,
    amount: row.amount,
    currency: row.currency,
    status: row.status,
    cancelable: isAllowed('cancel', row.status),
    cancelable_until: row.cancelable_until,
    cancel_window: row.cancel_window,
    allowed_actions: actionsOf(row),
    payment_method: row.payment_method,
    payment_method_details: row.payment_method_details && renderDetails(row.payment_method_details),
    customer_email: row.customer_email,
    customer_id: row.customer_id,
    checkout_session_id: row.checkout_session_id as CheckoutSessionId | null,
    description: row.description,
    statement_descriptor: row.statement_descriptor,
    merchant_id: row.merchant_id as MerchantId,
    metadata: row.metadata,
    refunded_amount: row.refunded_amount,
    fee: row.fee,
    net_amount: row.net_amount,
    refunds: [...refunds],
    failure_code: row.failure_code,
    failure_message: row.failure_message,
    cancellation_reason: row.cancellation_reason,
    canceled_at: row.canceled_at,
    capture_method: row.capture_method,
    captured_amount: row.captured_amount,
    authorization_expires_at: row.authorization_expires_at,
    disputed: row.disputed,
    settled: row.settled_at !== null,
    settled_at: row.settled_at,
    success_url: row.success_url,
    cancel_url: row.cancel_url,
    url: row.url,
    next_action:
      row.status === 'pending' && row.next_action_url !== null
        ? { type: 'redirect_to_url', url: row.next_action_url }
        : null,
    expires_at: row.expires_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}

/** The fields in the order of the contract: PostgreSQL stores JSON in an order of its own. */
function renderDetails(details: PaymentMethodDetails): PaymentMethodDetails {
  const { type, brand, last4, exp_month, exp_year, country, wallet, bank_name } = details
  return { type, brand, last4, exp_month, exp_year, country, wallet, bank_name }
}

/** The version of a payment, for If-Match: the number of its events. */
export function etagOf(row: { sequence: number }): string {
  return `"${row.sequence}"`
}
