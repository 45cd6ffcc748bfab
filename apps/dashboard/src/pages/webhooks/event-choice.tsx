import type { EventType } from '@hedgepayments/contract'

/** `['*']` is every event, also of types that are yet to come. */
export function EventChoice({
  events,
  onChange,
}: {
  events: readonly string[]
  onChange: (events: readonly string[]) => void
}) {
  const isEvery = events.includes('*')
  const toggle = (type: string) =>
    onChange(events.includes(type) ? events.filter((other) => other !== type) : [...events, type])
  return (
    <fieldset className="checks">
      <legend>Events</legend>
      <label className="checks-all">
        <input type="checkbox" checked={isEvery} onChange={() => onChange(isEvery ? [] : ['*'])} />
        Every event
      </label>
      {isEvery
        ? null
        : types.map((type) => (
            <label key={type}>
              <input
                type="checkbox"
                checked={events.includes(type)}
                onChange={() => toggle(type)}
              />
              <code>{type}</code>
            </label>
          ))}
    </fieldset>
  )
}

// The contract has this list too, but with it come all its schemas. Its type keeps this complete.
const types = Object.keys({
  'payment.created': true,
  'payment.action_required': true,
  'payment.initiated': true,
  'payment.processing': true,
  'payment.succeeded': true,
  'payment.failed': true,
  'payment.canceled': true,
  'payment.late_capture_refunded': true,
  'payment.refunded': true,
  'payment.refund_succeeded': true,
  'payment.refund_failed': true,
  'payment.reversal_requested': true,
  'payment.settled': true,
  'ach.returned': true,
  'checkout.completed': true,
  'checkout.expired': true,
  'webhook_endpoint.disabled': true,
} satisfies Record<EventType, true>)
