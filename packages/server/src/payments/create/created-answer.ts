import type { PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { NewPayment } from '../transition/create-row.sql.ts'
import { renderPayment } from '../view/render.ts'

// The statement that inserts a payment also stores the answer with its idempotency key. It decides
// the payment's id and times itself, so the answer is rendered before with placeholders for them.

/**
 * Placeholders for the times in the body of an answer. They contain the provisional id, which is
 * random, so no text of a client contains them.
 */
export function placeholdersOf({ id }: NewPayment) {
  return { createdAt: `created-${id}`, expiresAt: `expires-${id}` }
}

/** The answer to a create, as JSON with placeholders for the times and the provisional id. */
export function bodyWithPlaceholders(payment: NewPayment): string {
  const { createdAt, expiresAt } = placeholdersOf(payment)
  const row: PaymentRow = {
    ...payment,
    expires_at: payment.expires_at ?? expiresAt,
    created_at: createdAt,
    sequence: 1,
    status: 'pending',
    cancelable_until: null,
    amount_to_capture: null,
    captured_amount: 0,
    authorization_expires_at: null,
    refunded_amount: 0,
    refund_count: 0,
    fee: null,
    net_amount: null,
    failure_code: null,
    failure_message: null,
    cancellation_reason: null,
    canceled_at: null,
    settled_at: null,
    processor: null,
    processor_reference: null,
    next_action_url: null,
    updated_at: createdAt,
  }
  return JSON.stringify(renderPayment(row, []))
}

/** Replaces the placeholders by the values of the inserted row, exactly as the statement does. */
export function replacePlaceholders(
  body: string,
  payment: NewPayment,
  inserted: { id: string; createdAt: Timestamp; expiresAt: Timestamp },
): string {
  const { createdAt, expiresAt } = placeholdersOf(payment)
  return body
    .replaceAll(createdAt, inserted.createdAt)
    .replaceAll(expiresAt, inserted.expiresAt)
    .replaceAll(payment.id, inserted.id)
}
