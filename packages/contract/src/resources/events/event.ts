import { type Static, type TSchema, Type } from 'typebox'
import { type EventId, idSchema } from '../../ids.ts'
import {
  constant,
  discriminated,
  nullable,
  oneOf,
  pascalCase,
  text,
  timestamp,
} from '../../text.ts'
import {
  type CheckoutEventType,
  type EndpointEventType,
  type EventType,
  eventTypes,
  paymentStatuses,
} from '../../values.ts'
import { CheckoutSession } from '../checkout.ts'
import { pageQuery } from '../list.ts'
import { Payment } from '../payments/payment.ts'
import { CreatedRange } from '../payments/payment-filter.ts'
import { eventMeanings } from './event-meanings.ts'
import { WebhookEndpoint } from './webhook-endpoint.ts'

/** The actors of events. */
export const actorTypes = ['api_key', 'system', 'processor', 'customer'] as const
export type ActorType = (typeof actorTypes)[number]

export const Actor = Type.Object(
  {
    type: oneOf(actorTypes, { description: 'The type of the actor.' }),
    id: nullable(Type.String({ description: 'The id of the key; `null` for the system.' })),
  },
  { title: 'Actor', description: 'Who caused the event.', additionalProperties: false },
)

const eventFields = {
  id: idSchema<EventId>('event', 'The id of the event. Deduplicate webhooks by it.'),
  object: constant('event'),
  created: timestamp('When it happened.'),
  livemode: Type.Boolean({ description: 'Whether real money moves.' }),
  sequence: Type.Integer({
    minimum: 1,
    description: 'Counts 1, 2, 3 … within one payment. Orders events and reveals gaps.',
  }),
  actor: Actor,
  from_status: nullable(
    oneOf(paymentStatuses, { description: 'The earlier status; `null` at first.' }),
  ),
  to_status: nullable(oneOf(paymentStatuses, { description: 'The new status.' })),
  reason: nullable(Type.String({ description: 'The reason of the request, if it gave one.' })),
}

type EventFields = Static<ReturnType<typeof Type.Object<typeof eventFields>>>
type EventOf<T extends EventType, Data> = EventFields & { type: T; data: Data }
/** An event. `type` decides the type of `data`. */
export type Event =
  | EventOf<Exclude<EventType, CheckoutEventType | EndpointEventType>, Payment>
  | EventOf<CheckoutEventType, CheckoutSession>
  | EventOf<EndpointEventType, WebhookEndpoint>

/** The schema of the events of one type: `PaymentCanceledEvent` of `payment.canceled`. */
export function eventSchema(type: EventType): TSchema {
  const { id, object, ...others } = eventFields
  return Type.Object(
    {
      id,
      object,
      type: Type.Literal(type, { description: 'The event type.' }),
      ...others,
      data: dataOf(type),
    },
    {
      title: `${pascalCase(type)}Event`,
      description: eventMeanings[type],
      additionalProperties: false,
    },
  )
}

/** The object after the event. */
function dataOf(type: EventType): TSchema {
  switch (type) {
    case 'checkout.completed':
    case 'checkout.expired':
      return CheckoutSession
    case 'webhook_endpoint.disabled':
      return WebhookEndpoint
    default:
      return Payment
  }
}

export const Event = Type.Unsafe<Event>(
  discriminated('type', eventTypes.map(eventSchema), {
    title: 'Event',
    description:
      'An event. `type` decides the type of `data`, which is the object after the event.',
  }),
)

const eventFilter = {
  type: Type.Optional(
    Type.Array(oneOf(eventTypes, { description: 'An event type.' }), {
      minItems: 1,
      maxItems: eventTypes.length,
      description: 'One or several event types.',
    }),
  ),
  payment_id: Type.Optional(text({ maxLength: 64, description: 'Only events of this payment.' })),
}

export const EventListQuery = Type.Object(
  { ...pageQuery, ...eventFilter, created: Type.Optional(CreatedRange) },
  { title: 'EventListQuery', additionalProperties: false },
)
export type EventListQuery = Static<typeof EventListQuery>

export const EventStreamQuery = Type.Object(
  {
    ...eventFilter,
    last_event_id: Type.Optional(
      text({
        maxLength: 64,
        description: 'Replaces the header `Last-Event-ID`. The header has precedence.',
      }),
    ),
  },
  { title: 'EventStreamQuery', additionalProperties: false },
)
export type EventStreamQuery = Static<typeof EventStreamQuery>
