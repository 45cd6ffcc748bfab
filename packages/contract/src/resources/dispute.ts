import { type Static, Type } from 'typebox'
import { type DisputeId, idSchema, type PaymentId } from '../ids.ts'
import { constant, nullable, oneOf, text, timestamp } from '../text.ts'
import { disputeStatuses } from '../values.ts'
import { CreatedRange, pageQuery } from './list.ts'

export const Dispute = Type.Object(
  {
    id: idSchema<DisputeId>('dispute', 'The id of the dispute.'),
    object: constant('dispute'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    payment: idSchema<PaymentId>('payment', 'The disputed payment.'),
    amount: Type.Integer({ description: 'The disputed amount in minor units.' }),
    withdrawn_amount: Type.Integer({
      description:
        'How much of your money the processor has withdrawn, in minor units: the disputed amount, and ' +
        '0 once the dispute is won. Less if a part came back although the dispute is lost, such as ' +
        'what you had refunded before.',
    }),
    currency: Type.String({ description: 'ISO 4217, upper case.' }),
    fee: Type.Integer({
      description:
        "The processor's fee for the dispute in minor units. Some processors return it when the " +
        'dispute is won; then it is 0 again.',
    }),
    status: oneOf(disputeStatuses, {
      description:
        '`needs_response`: submit evidence at the processor before `evidence_due_by`. ' +
        '`under_review`: the bank decides. `won`: the amount is yours again. `lost`: the customer ' +
        'keeps the amount.',
    }),
    reason: Type.String({
      description: "The processor's code of the reason, such as `fraudulent`.",
    }),
    evidence_due_by: nullable(
      timestamp('Until when evidence is accepted. `null`: the processor accepts none.'),
    ),
    processor: Type.String({ description: 'The processor, such as `stripe`.' }),
    processor_url: nullable(
      Type.String({
        description:
          "The dispute in the processor's dashboard, where you submit evidence. `null`: the " +
          'processor has no such page.',
      }),
    ),
    created_at: timestamp('When it was recorded.'),
    updated_at: timestamp('When it last changed.'),
  },
  { title: 'Dispute', description: 'A dispute of a payment.', additionalProperties: false },
)
export type Dispute = Static<typeof Dispute>

/** The filters of disputes. */
const disputeFilter = {
  payment: Type.Optional(text({ maxLength: 64, description: 'Only disputes of this payment.' })),
  status: Type.Optional(
    Type.Array(oneOf(disputeStatuses, { description: 'A status.' }), {
      minItems: 1,
      maxItems: disputeStatuses.length,
      description: 'One or several statuses. In a query: repeated, or separated by commas.',
    }),
  ),
  created_at: Type.Optional(CreatedRange),
}

export const DisputeListQuery = Type.Object(
  { ...pageQuery, ...disputeFilter },
  { title: 'DisputeListQuery', additionalProperties: false },
)
export type DisputeListQuery = Static<typeof DisputeListQuery>
export type DisputeFilter = Pick<DisputeListQuery, keyof typeof disputeFilter>
