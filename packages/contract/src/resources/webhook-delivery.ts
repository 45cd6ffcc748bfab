import { type Static, Type } from 'typebox'
import { type DeliveryId, type EventId, idSchema, type WebhookEndpointId } from '../ids.ts'
import { nullable, oneOf, text, timestamp } from '../text.ts'
import { eventTypes } from './event-type.ts'
import { pageQuery } from './list.ts'
import { CreatedRange } from './payment.ts'

export const deliveryStatuses = ['pending', 'succeeded', 'failed'] as const

/** How much of a receiver's answer is kept, in bytes. */
export const responseBytesKept = 1_024

const result = {
  response_code: nullable(
    Type.Integer({ description: "The receiver's HTTP status; `null` when it gave none." }),
  ),
  duration_ms: nullable(Type.Integer({ description: 'How long the attempt took.' })),
  error: nullable(
    Type.String({ description: 'What went wrong, in words; `null` for an answer of 2xx.' }),
  ),
}

const deliveryFields = {
  id: idSchema<DeliveryId>('delivery', 'Id of the delivery.'),
  object: Type.Literal('webhook_delivery'),
  livemode: Type.Boolean({ description: 'Whether real money moves.' }),
  endpoint_id: idSchema<WebhookEndpointId>('webhookEndpoint', 'Where it is sent.'),
  event_id: idSchema<EventId>('event', 'What is sent.'),
  event_type: oneOf(eventTypes, { description: 'Type of the event.' }),
  attempt: Type.Integer({
    minimum: 0,
    description: 'Number of the last attempt, counted from 1; 0 before the first.',
  }),
  status: oneOf(deliveryStatuses, {
    description:
      '`pending`: it will be tried. `succeeded`: answered 2xx. `failed`: given up; retry by hand.',
  }),
  ...result,
  created_at: timestamp('When the event was put down for this endpoint.'),
  next_attempt_at: nullable(timestamp('When it is tried next; `null` once it is decided.')),
}

/** One event on its way to one endpoint; code, duration and error are of the last attempt. */
export const WebhookDelivery = Type.Object(deliveryFields, {
  title: 'WebhookDelivery',
  additionalProperties: false,
})
export type WebhookDelivery = Static<typeof WebhookDelivery>

export const WebhookAttempt = Type.Object(
  {
    object: Type.Literal('webhook_attempt'),
    attempt: Type.Integer({ minimum: 1, description: 'Counts from 1.' }),
    ...result,
    response_body: nullable(
      Type.String({
        description:
          'The first kilobyte of the answer, as far as it is text; `null` where the receiver has no ' +
          'public address.',
      }),
    ),
    created_at: timestamp('When it ended.'),
  },
  { title: 'WebhookAttempt', additionalProperties: false },
)
export type WebhookAttempt = Static<typeof WebhookAttempt>

export const WebhookDeliveryWithAttempts = Type.Object(
  {
    ...deliveryFields,
    attempts: Type.Array(WebhookAttempt, { description: 'The newest hundred, newest first.' }),
  },
  { title: 'WebhookDeliveryWithAttempts', additionalProperties: false },
)
export type WebhookDeliveryWithAttempts = Static<typeof WebhookDeliveryWithAttempts>

export const WebhookDeliveryListQuery = Type.Object(
  {
    ...pageQuery,
    endpoint_id: Type.Optional(text({ maxLength: 64, description: 'To one endpoint.' })),
    event_id: Type.Optional(text({ maxLength: 64, description: 'Of one event.' })),
    payment_id: Type.Optional(text({ maxLength: 64, description: 'About one payment.' })),
    status: Type.Optional(oneOf(deliveryStatuses, { description: 'With this status.' })),
    created_at: Type.Optional(CreatedRange),
  },
  { title: 'WebhookDeliveryListQuery', additionalProperties: false },
)
export type WebhookDeliveryListQuery = Static<typeof WebhookDeliveryListQuery>

/** Failed deliveries of an endpoint, put down to be tried again. */
export const WebhookRetry = Type.Object(
  {
    object: Type.Literal('webhook_retry'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    endpoint_id: idSchema<WebhookEndpointId>('webhookEndpoint', 'Where they are sent.'),
    count: Type.Integer({ description: 'How many are tried again: the oldest first.' }),
    has_more: Type.Boolean({ description: 'Whether failed ones are left: ask again.' }),
  },
  { title: 'WebhookRetry', additionalProperties: false },
)
export type WebhookRetry = Static<typeof WebhookRetry>

export const WebhookTest = Type.Object(
  {
    type: Type.Optional(
      oneOf(eventTypes, { description: 'Type of the event.', default: 'payment.succeeded' }),
    ),
    payment_id: Type.Optional(
      text({ maxLength: 64, description: 'Whose state it shows; by default a sample.' }),
    ),
    endpoint_id: Type.Optional(
      text({
        maxLength: 64,
        description: 'Only to this endpoint, whatever types it takes; by default to all.',
      }),
    ),
  },
  { title: 'WebhookTest', additionalProperties: false },
)
export type WebhookTest = Static<typeof WebhookTest>
