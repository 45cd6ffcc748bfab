import { type Static, Type } from 'typebox'
import { type EventId, idSchema } from '../ids.ts'
import { paymentStatuses } from '../statuses.ts'
import { nullable, oneOf, text, timestamp } from '../text.ts'
import { CheckoutSession } from './checkout.ts'
import {
  type CheckoutEventType,
  type EndpointEventType,
  type EventType,
  eventTypes,
} from './event-type.ts'
import { pageQuery } from './list.ts'
import { CreatedRange, Payment } from './payment.ts'
import { WebhookEndpoint } from './webhook-endpoint.ts'

/** Who made something happen. */
export const actorTypes = ['api_key', 'system', 'processor', 'customer'] as const
export type ActorType = (typeof actorTypes)[number]

export const Actor = Type.Object(
  {
    type: oneOf(actorTypes, { description: 'What kind of actor.' }),
    id: nullable(Type.String({ description: 'The key that was used; `null` for the system.' })),
  },
  { title: 'Actor', additionalProperties: false },
)

export const Event = Type.Object(
  {
    id: idSchema<EventId>('event', 'Id of the event: what to deduplicate on.'),
    object: Type.Literal('event'),
    type: oneOf(eventTypes, { description: 'What happened.' }),
    created: timestamp('When it happened.'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    sequence: Type.Integer({
      minimum: 1,
      description: '1, 2, 3 … within one payment: orders its events and shows a gap.',
    }),
    actor: Actor,
    from_status: nullable(oneOf(paymentStatuses, { description: 'The status before.' })),
    to_status: nullable(oneOf(paymentStatuses, { description: 'The status after.' })),
    reason: nullable(Type.String({ description: 'Why, where somebody said so.' })),
    data: Type.Union([Payment, CheckoutSession, WebhookEndpoint], {
      description:
        'The payment as it was at that moment; of `checkout.…`, the session; of ' +
        '`webhook_endpoint.disabled`, the endpoint.',
    }),
  },
  { title: 'Event', additionalProperties: false },
)
type EventOf<T extends EventType, Data> = Omit<Static<typeof Event>, 'type' | 'data'> & {
  type: T
  data: Data
}
/** The type tells what `data` is. */
export type Event =
  | EventOf<Exclude<EventType, CheckoutEventType | EndpointEventType>, Payment>
  | EventOf<CheckoutEventType, CheckoutSession>
  | EventOf<EndpointEventType, WebhookEndpoint>

const eventFilter = {
  type: Type.Optional(
    Type.Array(oneOf(eventTypes, { description: 'A type.' }), {
      minItems: 1,
      maxItems: eventTypes.length,
      description: 'One or several types.',
    }),
  ),
  payment_id: Type.Optional(text({ maxLength: 64, description: 'Of one payment.' })),
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
        description: 'Instead of the header `Last-Event-ID`, which goes before it.',
      }),
    ),
  },
  { title: 'EventStreamQuery', additionalProperties: false },
)
export type EventStreamQuery = Static<typeof EventStreamQuery>
