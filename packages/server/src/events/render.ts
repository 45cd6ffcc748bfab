import type { Event, Payment } from '@hedgepayments/contract'
import type { EventRow, PaymentRow, RefundRow } from '../database/schema.ts'
import { renderPayment } from '../payments/view/render.ts'
import { refundsAt } from '../payments/view/render-refund.ts'
import { eventId } from './event-id.ts'
import { stateOfNewPayment } from './state.ts'

/**
 * Renders an event with the payment as of that event.
 *
 * @param refunds all refunds that the payment has now, as `findRefundsOf` returns them.
 */
export function renderEvent(
  event: EventRow,
  payment: PaymentRow,
  refunds: readonly RefundRow[],
): Event {
  if (standsAlone(event)) return renderAlone(event)
  return eventOf(event, paymentAt(event, payment, refunds))
}

/** The payment as of an event. The event's `state` has the columns that differ from `stateOfNewPayment`. */
function paymentAt(event: EventRow, payment: PaymentRow, refunds: readonly RefundRow[]): Payment {
  if (event.type === 'payment.canceled') return renderPayment(payment, [])
  const state = (event.state ?? {}) as Partial<PaymentRow>
  return renderPayment(
    { ...payment, ...stateOfNewPayment, updated_at: event.created_at, ...state },
    refundsAt(refunds, event.sequence),
  )
}

/**
 * Whether the row has the event's whole data: events of disputes, endpoints and sessions, and test
 * events.
 */
export function standsAlone(row: EventRow): boolean {
  return row.state !== null && 'data' in row.state
}

/** Renders an event that has its whole data. */
export function renderAlone(row: EventRow): Event {
  return eventOf(row, row.state?.data)
}

/** The event of a row, with the data that its type has. */
function eventOf(row: EventRow, data: unknown): Event {
  return {
    id: eventId(row.subject_id, row.sequence),
    object: 'event',
    type: row.type,
    created: row.created_at,
    livemode: row.livemode,
    sequence: row.sequence,
    actor: { type: row.actor_type, id: row.actor_id },
    from_status: row.from_status,
    to_status: row.to_status,
    reason: row.reason,
    data,
  } as Event
}
