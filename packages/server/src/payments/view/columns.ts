import type { PaymentRow } from '../../database/schema.ts'

const columns = {
  ...{ merchant_id: true, livemode: true, id: true, sequence: true, status: true, amount: true },
  ...{ currency: true, payment_method: true, payment_method_details: true, customer_email: true },
  ...{ customer_id: true, checkout_session_id: true, description: true, metadata: true },
  ...{ statement_descriptor: true, success_url: true, cancel_url: true, url: true, retry_of: true },
  ...{ cancel_window: true, cancelable_until: true, capture_method: true, captured_amount: true },
  ...{ amount_to_capture: true, authorization_expires_at: true, refunded_amount: true, fee: true },
  ...{ refund_count: true, net_amount: true, failure_code: true, failure_message: true },
  ...{ cancellation_reason: true, canceled_at: true, disputed: true, settled_at: true },
  ...{ processor: true, processor_reference: true, payment_method_token: true, expires_at: true },
  ...{ next_action_url: true, created_at: true, updated_at: true },
} as const satisfies Record<keyof PaymentRow, true>

/**
 * The columns of a payment. A prepared statement names them: a `*` would refuse every execution after a later version
 * has added a column.
 */
export const paymentColumns = Object.keys(columns) as (keyof PaymentRow)[]
