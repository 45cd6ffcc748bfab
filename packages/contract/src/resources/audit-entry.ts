import { type Static, Type } from 'typebox'
import { type AuditEntryId, idSchema } from '../ids.ts'
import { constant, nullable, oneOf, text, timestamp } from '../text.ts'
import { auditActions } from '../values.ts'
import { CreatedRange, pageQuery } from './list.ts'

/** The actors: a key, a dashboard user, an operator with database access, the server, or unknown. */
export const auditActorTypes = ['api_key', 'dashboard', 'operator', 'system', 'unknown'] as const
export type AuditActorType = (typeof auditActorTypes)[number]

export const auditTargetTypes = [
  'api_key',
  'merchant',
  'merchant_processor',
  'webhook_endpoint',
  'webhook_delivery',
  'cancellation',
  'test_clock',
  'dashboard_session',
  'payment',
] as const
export type AuditTargetType = (typeof auditTargetTypes)[number]

export const AuditEntry = Type.Object(
  {
    id: idSchema<AuditEntryId>('auditEntry', 'Id of the entry.'),
    object: constant('audit_entry'),
    livemode: Type.Boolean({ description: 'The mode of the action.' }),
    action: oneOf(auditActions, { description: 'The action.' }),
    actor: Type.Object(
      {
        type: oneOf(auditActorTypes, {
          description:
            '`dashboard`: a user who signed in with the key. `operator`: by database access.',
        }),
        id: nullable(Type.String({ description: 'The id of the key.' })),
      },
      { title: 'AuditActor', description: 'Who did it.', additionalProperties: false },
    ),
    target: Type.Object(
      {
        type: oneOf(auditTargetTypes, { description: 'The type of the object.' }),
        id: Type.String({ description: 'The id of the object.' }),
      },
      {
        title: 'AuditTarget',
        description: 'The object of the action.',
        additionalProperties: false,
      },
    ),
    details: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      description: 'More information; depends on the action. Never contains a secret.',
    }),
    request_id: nullable(Type.String({ description: 'The id of the request.' })),
    address: nullable(Type.String({ description: 'The IP address of the client.' })),
    created_at: timestamp('When it happened, by the real clock, also in test mode.'),
  },
  { title: 'AuditEntry', description: "An administrator's action.", additionalProperties: false },
)
export type AuditEntry = Static<typeof AuditEntry>

export const AuditEntryListQuery = Type.Object(
  {
    ...pageQuery,
    action: Type.Optional(
      Type.Array(oneOf(auditActions, { description: 'An action.' }), {
        minItems: 1,
        maxItems: auditActions.length,
        description: 'One or several actions.',
      }),
    ),
    actor_id: Type.Optional(text({ maxLength: 64, description: 'Only actions of this key.' })),
    target_id: Type.Optional(text({ maxLength: 64, description: 'Only actions on this object.' })),
    created_at: Type.Optional(CreatedRange),
  },
  { title: 'AuditEntryListQuery', additionalProperties: false },
)
export type AuditEntryListQuery = Static<typeof AuditEntryListQuery>
