import { type Static, Type } from 'typebox'
import { amountSchema } from '../../money/money.ts'
import { nullable, oneOf, text } from '../../text.ts'
import { Metadata } from '../metadata.ts'
import { Payment, reasonLengthMax } from './payment.ts'

const reason = Type.Optional(
  nullable(text({ maxLength: reasonLengthMax, description: 'The reason, for your records.' })),
)

export const PaymentRefund = Type.Object(
  {
    amount: Type.Optional({
      ...amountSchema,
      description: 'Minor units to refund. Default: the whole remainder.',
    }),
    reason,
    metadata: Type.Optional(Metadata),
  },
  { title: 'PaymentRefund', description: 'The amount to refund.', additionalProperties: false },
)
export type PaymentRefund = Static<typeof PaymentRefund>

export const PaymentReverse = Type.Object(
  { reason },
  {
    title: 'PaymentReverse',
    description: 'Why the payment is reversed.',
    additionalProperties: false,
  },
)
export type PaymentReverse = Static<typeof PaymentReverse>

/** The results of a reversal. */
export const reversals = ['canceled', 'refunded', 'pending'] as const
export type Reversal = (typeof reversals)[number]

export const ReversedPayment = Type.Object(
  {
    ...Payment.properties,
    reversal: oneOf(reversals, {
      description:
        'How the payment was reversed. `pending`: the payment is processing. It is refunded as soon ' +
        'as it succeeds. If it fails, nothing has to be refunded.',
    }),
  },
  {
    title: 'ReversedPayment',
    description: 'The payment and how it was reversed.',
    additionalProperties: false,
  },
)
export type ReversedPayment = Static<typeof ReversedPayment>
