import { type Static, Type } from 'typebox'
import { idSchema, type MerchantId } from '../ids.ts'

const BalanceAmount = Type.Object(
  {
    amount: Type.Integer({ description: 'Minor units; below zero what the merchant owes.' }),
    currency: Type.String({ description: 'ISO 4217, upper case.' }),
  },
  { title: 'BalanceAmount', additionalProperties: false },
)

export const Balance = Type.Object(
  {
    object: Type.Literal('balance'),
    livemode: Type.Boolean({ description: 'The mode of the key that asks.' }),
    merchant_id: idSchema<MerchantId>('merchant', 'Whose balance it is.'),
    available: Type.Array(BalanceAmount, {
      description: 'Settled: amounts less fees and refunds, by currency.',
    }),
    pending: Type.Array(BalanceAmount, {
      description: 'Captured and not settled yet: amounts less fees and refunds, by currency.',
    }),
    fees: Type.Array(BalanceAmount, { description: 'Fees taken so far, by currency.' }),
  },
  { title: 'Balance', additionalProperties: false },
)
export type Balance = Static<typeof Balance>
