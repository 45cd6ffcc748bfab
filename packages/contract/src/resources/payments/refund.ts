import { type Static, Type } from 'typebox'
import { idSchema, type PaymentId, type RefundId } from '../ids.ts'
import { nullable, oneOf, timestamp } from '../text.ts'

export const refundStatuses = ['pending', 'succeeded', 'failed'] as const
export type RefundStatus = (typeof refundStatuses)[number]

export const Refund = Type.Object(
  {
    id: idSchema<RefundId>('refund', 'Id of the refund.'),
    object: Type.Literal('refund'),
    payment_id: idSchema<PaymentId>('payment', 'The payment it gives back.'),
    amount: Type.Integer({ description: 'Minor units.' }),
    currency: Type.String({ description: 'ISO 4217, upper case.' }),
    status: oneOf(refundStatuses, {
      description:
        'Whether the processor has done it. `failed`: it refused for good, and the amount can be ' +
        'refunded again.',
    }),
    reason: nullable(Type.String({ description: 'The reason given.' })),
    metadata: Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Your own pairs.',
    }),
    failure_code: nullable(Type.String({ description: 'Why it failed, for programs.' })),
    failure_message: nullable(Type.String({ description: 'Why it failed, for people.' })),
    created_at: timestamp('When it was asked for.'),
  },
  { title: 'Refund', additionalProperties: false },
)
export type Refund = Static<typeof Refund>
