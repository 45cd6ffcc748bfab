import { type Static, Type } from 'typebox'
import { type DeliveryId, type EventId, idSchema, type WebhookEndpointId } from '../../ids.ts'
import { constant, nullable, oneOf, text, timestamp } from '../../text.ts'
import { eventTypes } from '../../values.ts'
import { CreatedRange, pageQuery } from '../list.ts'

export const deliveryStatuses = ['pending', 'succeeded', 'failed'] as const

/** The stored size of a receiver's answer, in bytes. */
export const responseBytesKept = 1_024

const result = {
  response_code: nullable(
    Type.Integer({ description: "The receiver's HTTP status; `null` if it did not answer." }),
  ),
  duration_ms: nullable(Type.Integer({ description: 'The duration of the attempt.' })),
  error: nullable(
    Type.String({ description: 'The error message; `null` if the receiver answered 2xx.' }),
  ),
}

const deliveryFields = {
  id: idSchema<DeliveryId>('delivery', 'The id of the delivery.'),
  object: constant('webhook_delivery'),
  livemode: Type.Boolean({ description: 'Whether real money moves.' }),
  endpoint_id: idSchema<WebhookEndpointId>('webhookEndpoint', 'The endpoint.'),
  event_id: idSchema<EventId>('event', 'The event.'),
  event_type: oneOf(eventTypes, { description: 'The type of the event.' }),
  attempt: Type.Integer({
    minimum: 0,
    description: 'The number of the last attempt; 0 before the first.',
  }),
  status: oneOf(deliveryStatuses, {
    description:
      '`pending`: will be attempted. `succeeded`: answered 2xx. `failed`: abandoned; can be retried.',
  }),
  ...result,
  created_at: timestamp('When the delivery was created.'),
  next_attempt_at: nullable(timestamp('The time of the next attempt; `null` if none follows.')),
}

/** The delivery of one event to one endpoint, with the result of the last attempt. */
export const WebhookDelivery = Type.Object(deliveryFields, {
  title: 'WebhookDelivery',
  description: 'The delivery of an event to an endpoint.',
  additionalProperties: false,
})
export type WebhookDelivery = Static<typeof WebhookDelivery>

export const WebhookAttempt = Type.Object(
  {
    object: constant('webhook_attempt'),
    attempt: Type.Integer({ minimum: 1, description: 'Counts from 1.' }),
    ...result,
    response_body: nullable(
      Type.String({
        description:
          'The first kilobyte of the answer, if it is text. `null` if the receiver has no public ' +
          'address.',
      }),
    ),
    created_at: timestamp('When the attempt ended.'),
  },
  {
    title: 'WebhookAttempt',
    description: 'One attempt of a delivery.',
    additionalProperties: false,
  },
)
export type WebhookAttempt = Static<typeof WebhookAttempt>

export const WebhookDeliveryWithAttempts = Type.Object(
  {
    ...deliveryFields,
    attempts: Type.Array(WebhookAttempt, { description: 'The newest hundred, newest first.' }),
  },
  {
    title: 'WebhookDeliveryWithAttempts',
    description: 'The delivery with its attempts.',
    additionalProperties: false,
  },
)
export type WebhookDeliveryWithAttempts = Static<typeof WebhookDeliveryWithAttempts>

export const WebhookDeliveryListQuery = Type.Object(
  {
    ...pageQuery,
    endpoint_id: Type.Optional(
      text({ maxLength: 64, description: 'Only deliveries to this endpoint.' }),
    ),
    event_id: Type.Optional(text({ maxLength: 64, description: 'Only deliveries of this event.' })),
    payment_id: Type.Optional(
      text({ maxLength: 64, description: 'Only deliveries about this payment.' }),
    ),
    status: Type.Optional(
      oneOf(deliveryStatuses, { description: 'Only deliveries with this status.' }),
    ),
    created_at: Type.Optional(CreatedRange),
  },
  { title: 'WebhookDeliveryListQuery', additionalProperties: false },
)
export type WebhookDeliveryListQuery = Static<typeof WebhookDeliveryListQuery>

/** The failed deliveries of an endpoint that will be retried. */
export const WebhookRetry = Type.Object(
  {
    object: constant('webhook_retry'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    endpoint_id: idSchema<WebhookEndpointId>('webhookEndpoint', 'The endpoint.'),
    count: Type.Integer({ description: 'The number of retried deliveries, oldest first.' }),
    has_more: Type.Boolean({ description: 'Whether more are left. If so, repeat the request.' }),
  },
  {
    title: 'WebhookRetry',
    description: 'The deliveries that are retried.',
    additionalProperties: false,
  },
)
export type WebhookRetry = Static<typeof WebhookRetry>

export const WebhookTest = Type.Object(
  {
    type: Type.Optional(
      oneOf(eventTypes, { description: 'The type of the event.', default: 'payment.succeeded' }),
    ),
    payment_id: Type.Optional(
      text({
        maxLength: 64,
        description: 'The payment that the event contains. Default: a sample payment.',
      }),
    ),
    endpoint_id: Type.Optional(
      text({
        maxLength: 64,
        description: 'Only to this endpoint, whatever types it subscribes to. Default: all.',
      }),
    ),
  },
  {
    title: 'WebhookTest',
    description: 'The test event. Every field is optional.',
    additionalProperties: false,
  },
)
export type WebhookTest = Static<typeof WebhookTest>
