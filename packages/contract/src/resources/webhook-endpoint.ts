import { type Static, Type } from 'typebox'
import { idSchema, type WebhookEndpointId } from '../ids.ts'
import { nullable, oneOf, text, timestamp, timestampInput, webUrl } from '../text.ts'
import { type EventType, eventTypes } from './event-type.ts'
import { pageQuery } from './list.ts'

/**
 * Most endpoints of a merchant in one mode. Each event is sent to every one of them: sixteen is as
 * many as anyone has asked of such an API, and keeps what one event can set off small.
 */
export const endpointsMax = 16

/** How long a secret stays valid after it was rotated, in seconds. */
export const rotatedSecretSeconds = 24 * 3_600

/** Why an endpoint is disabled: by hand, it answered 410, or it failed for days. */
export const disabledReasons = ['requested', 'gone', 'failing'] as const

type Selection = EventType[] | ['*']

const selection = Type.Unsafe<Selection>({
  type: 'array',
  items: { type: 'string', enum: ['*', ...eventTypes] },
  minItems: 1,
  maxItems: eventTypes.length,
  uniqueItems: true,
  description: 'The types of event it gets, or `["*"]` for all.',
})

const endpointFields = {
  id: idSchema<WebhookEndpointId>('webhookEndpoint', 'Id of the endpoint.'),
  object: Type.Literal('webhook_endpoint'),
  livemode: Type.Boolean({ description: 'Whether it gets events of real money.' }),
  url: Type.String({ description: 'Where events are sent.' }),
  events: selection,
  description: nullable(Type.String({ description: 'What you call it.' })),
  enabled: Type.Boolean({ description: 'Whether events are sent.' }),
  disabled_reason: nullable(
    oneOf(disabledReasons, {
      description:
        'Why it is disabled: `requested` by you, `gone` (it answered 410), or `failing` for days.',
    }),
  ),
  failing_since: nullable(timestamp('Since when every attempt has failed.')),
  old_secret_expires_at: nullable(
    timestamp('After a rotation: until when the old secret signs as well.'),
  ),
  created_at: timestamp('When it was made.'),
  updated_at: timestamp('When it last changed.'),
}

/** An address that events are sent to. */
export const WebhookEndpoint = Type.Object(endpointFields, {
  title: 'WebhookEndpoint',
  additionalProperties: false,
})
export type WebhookEndpoint = Static<typeof WebhookEndpoint>

export const WebhookEndpointWithSecret = Type.Object(
  {
    ...endpointFields,
    secret: Type.String({ description: '`whsec_…`, to verify signatures: shown only here.' }),
  },
  { title: 'WebhookEndpointWithSecret', additionalProperties: false },
)
export type WebhookEndpointWithSecret = Static<typeof WebhookEndpointWithSecret>

/** The answer to a change: with the secret where it was rotated. */
export const WebhookEndpointUpdated = Type.Object(
  {
    ...endpointFields,
    secret: Type.Optional(
      Type.String({ description: 'The new secret, where it was rotated: shown only here.' }),
    ),
  },
  { title: 'WebhookEndpointUpdated', additionalProperties: false },
)

const url = webUrl('Where to send events: https; in test mode also http and this machine.')
const description = Type.Optional(
  nullable(text({ maxLength: 500, description: 'What you call it.' })),
)

export const WebhookEndpointCreate = Type.Object(
  { url, events: Type.Optional(selection), description },
  { title: 'WebhookEndpointCreate', additionalProperties: false },
)
export type WebhookEndpointCreate = Static<typeof WebhookEndpointCreate>

export const WebhookEndpointUpdate = Type.Object(
  {
    url: Type.Optional(url),
    events: Type.Optional(selection),
    description,
    enabled: Type.Optional(
      Type.Boolean({
        description: 'Disabling gives up what is waiting: it can be retried or replayed later.',
      }),
    ),
    rotate_secret: Type.Optional(
      Type.Boolean({
        description:
          'Makes a new secret, shown in the answer. The old one signs as well for 24 hours.',
      }),
    ),
  },
  { title: 'WebhookEndpointUpdate', additionalProperties: false },
)
export type WebhookEndpointUpdate = Static<typeof WebhookEndpointUpdate>

export const WebhookEndpointListQuery = Type.Object(pageQuery, {
  title: 'WebhookEndpointListQuery',
  additionalProperties: false,
})

export const DeletedWebhookEndpoint = Type.Object(
  {
    id: idSchema<WebhookEndpointId>('webhookEndpoint', 'Id of what was the endpoint.'),
    object: Type.Literal('webhook_endpoint'),
    deleted: Type.Literal(true),
  },
  { title: 'DeletedWebhookEndpoint', additionalProperties: false },
)

export const WebhookReplayCreate = Type.Object(
  {
    since: timestampInput(
      'Send every event again that is of this moment or later; not in the future.',
    ),
  },
  { title: 'WebhookReplayCreate', additionalProperties: false },
)

/** All events since a time, sent again in the background. */
export const WebhookReplay = Type.Object(
  {
    object: Type.Literal('webhook_replay'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    endpoint_id: idSchema<WebhookEndpointId>('webhookEndpoint', 'Where they are sent.'),
    since: timestamp('From when on.'),
  },
  { title: 'WebhookReplay', additionalProperties: false },
)
export type WebhookReplay = Static<typeof WebhookReplay>
