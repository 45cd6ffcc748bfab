import { type Static, Type } from 'typebox'
import { type EventId, idSchema } from '../ids.ts'
import { paymentStatuses } from '../statuses.ts'
import { nullable, oneOf, timestamp } from '../text.ts'
import { pageQuery } from './list.ts'
import { Payment } from './payment.ts'

/** Every type of event. Source: api.md, Webhooks. */
export const eventTypes = [
  'payment.created',
  'payment.initiated',
  'payment.processing',
  'payment.succeeded',
  'payment.failed',
  'payment.canceled',
  'payment.refunded',
  'payment.settled',
] as const
export type EventType = (typeof eventTypes)[number]

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
    data: Payment,
  },
  { title: 'Event', additionalProperties: false },
)
export type Event = Static<typeof Event>

export const EventListQuery = Type.Object(
  {
    ...pageQuery,
    type: Type.Optional(
      Type.Array(oneOf(eventTypes, { description: 'A type.' }), {
        minItems: 1,
        maxItems: eventTypes.length,
        description: 'One or several types.',
      }),
    ),
    payment_id: Type.Optional(Type.String({ maxLength: 64, description: 'Of one payment.' })),
  },
  { title: 'EventListQuery', additionalProperties: false },
)
export type EventListQuery = Static<typeof EventListQuery>
