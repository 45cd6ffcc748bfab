import type { PaymentRow } from '../database/schema.ts'

/** The columns that steps change, with their values in a new payment. */
export const stateOfNewPayment = {
  status: 'pending',
  cancelable_until: null,
  captured_amount: 0,
  authorization_expires_at: null,
  payment_method_details: null,
  refunded_amount: 0,
  fee: null,
  net_amount: null,
  failure_code: null,
  failure_message: null,
  cancellation_reason: null,
  canceled_at: null,
  disputed: false,
  settled_at: null,
  next_action_url: null,
} as const satisfies Partial<PaymentRow>

/** The columns of a payment that its event stores: those that differ from `stateOfNewPayment`. */
export function stateOf(row: PaymentRow): Record<string, unknown> {
  const columns = Object.keys(stateOfNewPayment) as (keyof typeof stateOfNewPayment)[]
  return Object.fromEntries(
    columns
      .filter((name) => row[name] !== stateOfNewPayment[name])
      .map((name) => [name, row[name]]),
  )
}
