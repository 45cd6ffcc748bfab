import { type Static, Type } from 'typebox'
import { amountSchema } from '../../money/money.ts'

export const PaymentCapture = Type.Object(
  {
    amount: Type.Optional({
      ...amountSchema,
      description:
        'Minor units to capture, at most the amount of the payment. The rest is released. Default: ' +
        'the whole amount.',
    }),
  },
  { title: 'PaymentCapture', description: 'The amount to capture.', additionalProperties: false },
)
export type PaymentCapture = Static<typeof PaymentCapture>
