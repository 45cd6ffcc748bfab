import { eventTypes } from '@hedgepayments/contract/values'
import type {
  HedgeEventType,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from '@hedgepayments/node'
import { Option } from 'commander'
import { choices } from '../../options/choices.ts'
import { formatTime } from '../../output/format.ts'
import { renderFields } from '../../output/table.ts'
import { paint, say } from '../../output/terminal.ts'

/** The event types of an endpoint. */
export type EventSelection = readonly HedgeEventType[] | readonly ['*']

/** The option that selects an endpoint's event types. */
export function eventsOption(): Option {
  const option = new Option('--events <type>', 'only these types; several with commas or repeated')
  return choices(option, ['*', ...eventTypes])
}

/** The state of an endpoint, in its colour. */
export function stateOf(endpoint: WebhookEndpoint): string {
  if (!endpoint.enabled) return paint('red', `disabled (${endpoint.disabled_reason})`)
  return endpoint.failing_since ? paint('yellow', 'failing') : paint('green', 'enabled')
}

/** The event types of an endpoint: `all`, or their names. */
export function eventsOf({ events }: WebhookEndpoint): string {
  return events[0] === '*' ? 'all' : events.join(' ')
}

/** An endpoint with all fields that have a value. */
export function renderEndpoint(endpoint: WebhookEndpoint | WebhookEndpointWithSecret): string {
  const { id, url, description, failing_since: failing, old_secret_expires_at: old } = endpoint
  return `${id}  ${stateOf(endpoint)}\n${renderFields([
    ['url', url],
    ['events', eventsOf(endpoint)],
    ['description', description],
    ['secret', 'secret' in endpoint ? endpoint.secret : null],
    ['old secret until', old === null ? null : `${formatTime(old)} UTC`],
    ['failing since', failing === null ? null : `${formatTime(failing)} UTC`],
    ['created', `${formatTime(endpoint.created_at)} UTC`],
  ])}`
}

/** Tells the user that the secret is shown only now. */
export function sayKeep(): void {
  say('Keep the secret now. It is not shown again.')
}
