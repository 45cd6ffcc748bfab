import type { PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { stateOfNewPayment } from '../../events/state.ts'
import type { NewPayment } from '../transition/create-row.sql.ts'
import { renderPayment } from '../view/render.ts'

/**
 * The answer to a create, rendered before the payment is inserted. The statement that inserts the
 * payment also stores the answer with its idempotency key, and decides the payment's id and times
 * itself. So the body has placeholders, which the statement replaces.
 */
interface CreatedAnswer {
  /** The body as JSON, with the placeholders. */
  readonly body: string
  readonly placeholders: CreatedPlaceholders
  /** The body with the values of the inserted row, exactly as the statement stores it. */
  readonly fill: (inserted: { id: string; createdAt: Timestamp; expiresAt: Timestamp }) => string
}

/** The texts that stand for the values of the inserted row. */
export interface CreatedPlaceholders {
  readonly id: string
  readonly createdAt: string
  readonly expiresAt: string
}

/** Renders the answer to a create. */
export function renderCreated(payment: NewPayment): CreatedAnswer {
  const placeholders = placeholdersOf(payment)
  const body = JSON.stringify(renderPayment(rowWithPlaceholders(payment, placeholders), []))
  return {
    body,
    placeholders,
    fill: (inserted) =>
      body
        .replaceAll(placeholders.createdAt, inserted.createdAt)
        .replaceAll(placeholders.expiresAt, inserted.expiresAt)
        .replaceAll(placeholders.id, inserted.id),
  }
}

/** All three contain the provisional id, which is random, so no text of a client contains them. */
function placeholdersOf({ id }: NewPayment): CreatedPlaceholders {
  return { id, createdAt: `created-${id}`, expiresAt: `expires-${id}` }
}

function rowWithPlaceholders(
  payment: NewPayment,
  { createdAt, expiresAt }: CreatedPlaceholders,
): PaymentRow {
  return {
    ...payment,
    ...stateOfNewPayment,
    expires_at: payment.expires_at ?? expiresAt,
    created_at: createdAt,
    sequence: 1,
    amount_to_capture: null,
    refund_count: 0,
    processor: null,
    processor_reference: null,
    updated_at: createdAt,
  }
}
