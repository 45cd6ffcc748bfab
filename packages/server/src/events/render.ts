import type { Event, EventType, Payment } from '@hedgepayments/contract'
import type { EventRow, PaymentRow } from '../database/schema.ts'
import { renderPayment } from '../payments/render.ts'
import { eventId } from './event-id.ts'

/** The event as the API shows it, with the payment as it was at that moment. */
export function renderEvent(event: EventRow, payment: PaymentRow): Event {
  return {
    id: eventId(event.subject_id, event.sequence),
    object: 'event',
    type: event.type as EventType,
    created: event.created_at,
    livemode: event.livemode,
    sequence: event.sequence,
    actor: { type: event.actor_type, id: event.actor_id },
    from_status: event.from_status,
    to_status: event.to_status,
    reason: event.reason,
    data: paymentAt(event, payment),
  }
}

/** What every payment is like before anything has happened to it. */
const unmoved = {
  status: 'pending',
  cancelable_until: null,
  refunded_amount: 0,
  fee: null,
  net_amount: null,
  failure_code: null,
  failure_message: null,
  cancellation_reason: null,
  canceled_at: null,
  settled_at: null,
} as const satisfies Partial<PaymentRow>

/** The payment at the moment of an event. An event's `state` holds what differed from `unmoved`. */
function paymentAt(event: EventRow, payment: PaymentRow): Payment {
  if (event.type === 'payment.canceled') return renderPayment(payment, [])
  const state = (event.state ?? {}) as Partial<PaymentRow>
  return renderPayment({ ...payment, ...unmoved, updated_at: event.created_at, ...state }, [])
}
