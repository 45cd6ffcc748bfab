import { type Static, Type } from 'typebox'
import { idSchema, type WebhookEndpointId } from '../../ids.ts'
import { constant, nullable, oneOf, text, timestamp, timestampInput, webUrl } from '../../text.ts'
import { type EventType, eventTypes } from '../../values.ts'
import { pageQuery } from '../list.ts'

/**
 * The maximum of endpoints of a merchant and mode. Each event may be sent to all of them, so the
 * number limits the cost of one event.
 */
export const endpointsMax = 16

/** How long the old secret stays valid after a rotation, in seconds. */
export const rotatedSecretSeconds = 24 * 3_600

/** Why an endpoint is disabled: by request, because it answered 410, or because it failed for days. */
export const disabledReasons = ['requested', 'gone', 'failing'] as const

type Selection = EventType[] | ['*']

const selection = Type.Unsafe<Selection>({
  type: 'array',
  items: { type: 'string', enum: ['*', ...eventTypes] },
  minItems: 1,
  maxItems: eventTypes.length,
  uniqueItems: true,
  description: 'The event types that are sent, or `["*"]` for all.',
})

const endpointFields = {
  id: idSchema<WebhookEndpointId>('webhookEndpoint', 'The id of the endpoint.'),
  object: constant('webhook_endpoint'),
  livemode: Type.Boolean({ description: 'Whether the endpoint receives events of live mode.' }),
  url: Type.String({ description: 'The URL that receives events.' }),
  events: selection,
  description: nullable(Type.String({ description: 'A description for your records.' })),
  enabled: Type.Boolean({ description: 'Whether events are sent.' }),
  disabled_reason: nullable(
    oneOf(disabledReasons, {
      description:
        'Why it is disabled: `requested` by you, `gone` (it answered 410), or `failing` for days.',
    }),
  ),
  failing_since: nullable(timestamp('Since when all attempts have failed.')),
  old_secret_expires_at: nullable(
    timestamp('After a rotation, until when the old secret also signs.'),
  ),
  created_at: timestamp('When it was created.'),
  updated_at: timestamp('When it last changed.'),
}

/** A URL that receives events. */
export const WebhookEndpoint = Type.Object(endpointFields, {
  title: 'WebhookEndpoint',
  description: 'An endpoint that receives events, without its secret.',
  additionalProperties: false,
})
export type WebhookEndpoint = Static<typeof WebhookEndpoint>

export const WebhookEndpointWithSecret = Type.Object(
  {
    ...endpointFields,
    secret: Type.String({
      description: 'The signing secret, `whsec_…`. Only this answer contains it.',
    }),
  },
  {
    title: 'WebhookEndpointWithSecret',
    description: 'The new endpoint, with its secret.',
    additionalProperties: false,
  },
)
export type WebhookEndpointWithSecret = Static<typeof WebhookEndpointWithSecret>

/** The answer to a change. Contains the secret if it was rotated. */
export const WebhookEndpointUpdated = Type.Object(
  {
    ...endpointFields,
    secret: Type.Optional(
      Type.String({
        description: 'The new secret, if it was rotated. Only this answer contains it.',
      }),
    ),
  },
  {
    title: 'WebhookEndpointUpdated',
    description: 'The endpoint, with its secret if it was rotated.',
    additionalProperties: false,
  },
)

const url = webUrl('The URL that receives events: https; in test mode also http and localhost.')
const description = Type.Optional(
  nullable(text({ maxLength: 500, description: 'A description for your records.' })),
)

export const WebhookEndpointCreate = Type.Object(
  { url, events: Type.Optional(selection), description },
  { title: 'WebhookEndpointCreate', description: 'The new endpoint.', additionalProperties: false },
)
export type WebhookEndpointCreate = Static<typeof WebhookEndpointCreate>

export const WebhookEndpointUpdate = Type.Object(
  {
    url: Type.Optional(url),
    events: Type.Optional(selection),
    description,
    enabled: Type.Optional(
      Type.Boolean({
        description:
          'Disabling abandons the pending deliveries. They can be retried or replayed later.',
      }),
    ),
    rotate_secret: Type.Optional(
      Type.Boolean({
        description:
          'Creates a new secret, which the answer contains. The old secret also signs for 24 hours.',
      }),
    ),
  },
  {
    title: 'WebhookEndpointUpdate',
    description: 'The changes. A field that is left out stays as it is.',
    additionalProperties: false,
  },
)
export type WebhookEndpointUpdate = Static<typeof WebhookEndpointUpdate>

export const WebhookEndpointListQuery = Type.Object(pageQuery, {
  title: 'WebhookEndpointListQuery',
  additionalProperties: false,
})

export const DeletedWebhookEndpoint = Type.Object(
  {
    id: idSchema<WebhookEndpointId>('webhookEndpoint', 'The id of the deleted endpoint.'),
    object: constant('webhook_endpoint'),
    deleted: Type.Literal(true, { description: 'Always `true`.' }),
  },
  {
    title: 'DeletedWebhookEndpoint',
    description: 'The endpoint is deleted.',
    additionalProperties: false,
  },
)

export const WebhookReplayCreate = Type.Object(
  {
    since: timestampInput('The time of the first event to send again. Must not be in the future.'),
  },
  {
    title: 'WebhookReplayCreate',
    description: 'The events to send again.',
    additionalProperties: false,
  },
)

/** A replay: all events since a time are sent again in the background. */
export const WebhookReplay = Type.Object(
  {
    object: constant('webhook_replay'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    endpoint_id: idSchema<WebhookEndpointId>('webhookEndpoint', 'The endpoint.'),
    since: timestamp('The time of the first event.'),
  },
  {
    title: 'WebhookReplay',
    description: 'The events that are sent again.',
    additionalProperties: false,
  },
)
export type WebhookReplay = Static<typeof WebhookReplay>
