import { type Static, Type } from 'typebox'
import type { PaymentId } from '../../ids.ts'
import { idSchema } from '../../ids.ts'
import { amountSchema } from '../../money/money.ts'
import { constant, oneOf, text, timestamp } from '../../text.ts'
import { attentionReasons, resolutions } from '../../values.ts'
import { reasonLengthMax } from './payment.ts'

/** Something about a payment that does not end by itself in time. */
export const Attention = Type.Object(
  {
    object: constant('attention'),
    payment_id: idSchema<PaymentId>('payment', 'The payment.'),
    reason: oneOf(attentionReasons, { description: 'Why, for programs.' }),
    since: timestamp('Since when the payment has waited, or the problem has existed.'),
    message: Type.String({ description: 'What it means and what to do, for people.' }),
    resolutions: Type.Array(oneOf(resolutions, { description: 'A resolution.' }), {
      description: 'The resolutions that the payment accepts now.',
    }),
  },
  {
    title: 'Attention',
    description: 'Why a payment needs attention. It is removed as soon as the cause has ended.',
    additionalProperties: false,
  },
)
export type Attention = Static<typeof Attention>

export const PaymentResolve = Type.Object(
  {
    resolution: oneOf(resolutions, {
      description:
        'What to do, or the fact that the processor does not tell. `accepted`: the books stay as they ' +
        'are.',
    }),
    reason: text({
      maxLength: reasonLengthMax,
      description: 'How you know, for the event and the audit log.',
    }),
    amount: Type.Optional({
      ...amountSchema,
      description:
        'For `captured`: the captured minor units. Default: the amount that was to be captured.',
    }),
    refund_id: Type.Optional(
      text({
        maxLength: 64,
        description: 'For `refund_paid` and `refund_failed`, if several refunds are pending.',
      }),
    ),
    dispute_id: Type.Optional(
      text({
        maxLength: 64,
        description: 'For `dispute_won` and `dispute_lost`, if several disputes are open.',
      }),
    ),
  },
  {
    title: 'PaymentResolve',
    description: 'How a payment that needs attention is resolved.',
    additionalProperties: false,
  },
)
export type PaymentResolve = Static<typeof PaymentResolve>
