import { type Static, Type } from 'typebox'
import { amountSchema } from '../money.ts'
import { nullable, oneOf, text } from '../text.ts'
import { Metadata, Payment, reasonLengthMax } from './payment.ts'

const reason = Type.Optional(
  nullable(text({ maxLength: reasonLengthMax, description: 'Why, for your records.' })),
)

export const PaymentRefund = Type.Object(
  {
    amount: Type.Optional({
      ...amountSchema,
      description: 'Minor units to give back; by default all that is left.',
    }),
    reason,
    metadata: Type.Optional(Metadata),
  },
  { title: 'PaymentRefund', additionalProperties: false },
)
export type PaymentRefund = Static<typeof PaymentRefund>

export const PaymentReverse = Type.Object(
  { reason },
  { title: 'PaymentReverse', additionalProperties: false },
)
export type PaymentReverse = Static<typeof PaymentReverse>

/** Which way the money goes back. Source: api.md, Payments. */
export const reversals = ['canceled', 'refunded', 'pending'] as const
export type Reversal = (typeof reversals)[number]

export const ReversedPayment = Type.Object(
  {
    ...Payment.properties,
    reversal: oneOf(reversals, {
      description:
        'Which way the money goes back. `pending`: the network has the payment; it is refunded ' +
        'as soon as it succeeds, and nothing is left to do should it fail.',
    }),
  },
  { title: 'ReversedPayment', additionalProperties: false },
)
export type ReversedPayment = Static<typeof ReversedPayment>
