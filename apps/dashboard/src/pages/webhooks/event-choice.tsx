import { eventTypes } from '@hedgepayments/contract/values'
import { Checkboxes } from '../../dialogs/checkboxes.tsx'

/** The types of events that an endpoint receives. `['*']`: all types, also future ones. */
export function EventChoice({
  events,
  onChange,
}: {
  events: readonly string[]
  onChange: (events: readonly string[]) => void
}) {
  const isEvery = events.includes('*')
  return (
    <Checkboxes
      legend="Events"
      options={isEvery ? [] : eventTypes}
      chosen={events}
      onChange={onChange}
    >
      <label className="checks-all">
        <input type="checkbox" checked={isEvery} onChange={() => onChange(isEvery ? [] : ['*'])} />
        Every event
      </label>
    </Checkboxes>
  )
}
