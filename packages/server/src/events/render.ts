import type {
  CheckoutEventType,
  EndpointEventType,
  Event,
  EventType,
  Payment,
} from '@hedgepayments/contract'
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
  return {
    id: eventId(event.subject_id, event.sequence),
    object: 'event',
    type: event.type as Exclude<EventType, CheckoutEventType | EndpointEventType>,
    created: event.created_at,
    livemode: event.livemode,
    sequence: event.sequence,
    actor: { type: event.actor_type, id: event.actor_id },
    from_status: event.from_status,
    to_status: event.to_status,
    reason: event.reason,
    data: paymentAt(event, payment, refunds),
  }
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
