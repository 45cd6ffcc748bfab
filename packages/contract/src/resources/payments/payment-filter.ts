import { type Static, Type } from 'typebox'
import { amountMinorMax } from '../../money/amounts.ts'
import { oneOf, patterns, text } from '../../text.ts'
import { paymentStatuses } from '../../values.ts'
import { CreatedRange, pageQuery } from '../list.ts'
import { Metadata } from '../metadata.ts'

/** The filters of payments, in lists and in bulk cancellations. */
const paymentFilter = {
  status: Type.Optional(
    Type.Array(oneOf(paymentStatuses, { description: 'A status.' }), {
      minItems: 1,
      maxItems: paymentStatuses.length,
      description: 'One or several statuses. In a query: repeated, or separated by commas.',
    }),
  ),
  customer_email: Type.Optional(
    text({
      maxLength: 254,
      description: "The customer's email address. Upper and lower case of A to Z are equal.",
    }),
  ),
  customer_id: Type.Optional(text({ maxLength: 255, description: 'Your id of the customer.' })),
  checkout_session_id: Type.Optional(
    text({ maxLength: 64, description: 'The id of the checkout session.' }),
  ),
  last4: Type.Optional(
    Type.String({
      pattern: patterns.fourDigits,
      description: 'The last four digits of the card or account.',
    }),
  ),
  amount: Type.Optional(
    Type.Integer({ minimum: 1, maximum: amountMinorMax, description: 'Exactly this amount.' }),
  ),
  created_at: Type.Optional(CreatedRange),
  metadata: Type.Optional(Metadata),
  needs_attention: Type.Optional(
    Type.Boolean({ description: 'Whether the payment waits for an operator: see `Attention`.' }),
  ),
}

export const PaymentListQuery = Type.Object(
  { ...pageQuery, ...paymentFilter },
  { title: 'PaymentListQuery', additionalProperties: false },
)
export type PaymentListQuery = Static<typeof PaymentListQuery>

export const PaymentFilter = Type.Object(paymentFilter, {
  title: 'PaymentFilter',
  description: 'A payment must match all filters.',
  additionalProperties: false,
})
export type PaymentFilter = Static<typeof PaymentFilter>
