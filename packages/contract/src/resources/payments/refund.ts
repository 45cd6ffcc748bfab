import { type Static, Type } from 'typebox'
import { idSchema, type PaymentId, type RefundId } from '../../ids.ts'
import { constant, nullable, oneOf, timestamp } from '../../text.ts'
import { Actor } from '../actor.ts'
import { StoredMetadata } from '../metadata.ts'

export const refundStatuses = ['pending', 'succeeded', 'failed'] as const
export type RefundStatus = (typeof refundStatuses)[number]

export const Refund = Type.Object(
  {
    id: idSchema<RefundId>('refund', 'The id of the refund.'),
    object: constant('refund'),
    payment_id: idSchema<PaymentId>('payment', 'The refunded payment.'),
    amount: Type.Integer({ description: 'Minor units.' }),
    currency: Type.String({ description: 'ISO 4217, upper case.' }),
    status: oneOf(refundStatuses, {
      description:
        '`pending` until the processor has decided. `failed`: the processor refused the refund for ' +
        'good, or the bank returned it, and its amount can be refunded again.',
    }),
    actor: Actor,
    reason: nullable(Type.String({ description: 'The reason of the request.' })),
    metadata: StoredMetadata,
    failure_code: nullable(
      Type.String({
        description:
          'The code of the failure, for programs. `refunded_at_processor`: a person refunded this ' +
          'money at the processor first.',
      }),
    ),
    failure_message: nullable(
      Type.String({ description: 'The reason of the failure, for people.' }),
    ),
    created_at: timestamp('When it was created.'),
  },
  {
    title: 'Refund',
    description:
      'A refund. The actor is `processor` if a person made it at the processor, for example in ' +
      "Stripe's dashboard.",
    additionalProperties: false,
  },
)
export type Refund = Static<typeof Refund>
