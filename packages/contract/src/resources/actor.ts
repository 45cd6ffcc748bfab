import { Type } from 'typebox'
import { nullable, oneOf } from '../text.ts'

/** The actors of events, calls and refunds. */
export const actorTypes = ['api_key', 'system', 'processor', 'customer'] as const
export type ActorType = (typeof actorTypes)[number]

export const Actor = Type.Object(
  {
    type: oneOf(actorTypes, { description: 'The type of the actor.' }),
    id: nullable(Type.String({ description: 'The id of the key; `null` for the system.' })),
  },
  { title: 'Actor', description: 'Who caused it.', additionalProperties: false },
)
