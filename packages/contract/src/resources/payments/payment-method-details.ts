import { type Static, Type } from 'typebox'
import { nullable, oneOf, patterns } from '../../text.ts'

export const paymentMethods = ['card', 'ach', 'crypto'] as const
export type PaymentMethod = (typeof paymentMethods)[number]

/** The card or account that the customer has used. Never contains its whole number. */
export const PaymentMethodDetails = Type.Object(
  {
    type: oneOf(paymentMethods, { description: 'The kind of payment method.' }),
    brand: nullable(
      Type.String({ description: 'The brand of the card, such as `visa` or `mastercard`.' }),
    ),
    last4: nullable(
      Type.String({
        pattern: patterns.fourDigits,
        description: 'The last four digits of the card or account.',
      }),
    ),
    exp_month: nullable(
      Type.Integer({
        minimum: 1,
        maximum: 12,
        description: 'The month in which the card expires.',
      }),
    ),
    exp_year: nullable(
      Type.Integer({ description: 'The year in which the card expires, in four digits.' }),
    ),
    country: nullable(
      Type.String({ description: 'The country of the issuer: two letters of ISO 3166-1.' }),
    ),
    wallet: nullable(
      Type.String({ description: 'The wallet of the card, such as `apple_pay` or `google_pay`.' }),
    ),
    bank_name: nullable(Type.String({ description: 'The name of the bank of an account.' })),
  },
  {
    title: 'PaymentMethodDetails',
    description:
      'The card or account that the customer has used. A value that is unknown is `null`.',
    additionalProperties: false,
  },
)
export type PaymentMethodDetails = Static<typeof PaymentMethodDetails>
