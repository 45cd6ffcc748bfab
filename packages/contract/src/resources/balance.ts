import { type Static, Type } from 'typebox'
import { idSchema, type MerchantId } from '../ids.ts'
import { constant } from '../text.ts'

const BalanceAmount = Type.Object(
  {
    amount: Type.Integer({ description: 'Minor units. Negative if the merchant owes money.' }),
    currency: Type.String({ description: 'ISO 4217, upper case.' }),
  },
  {
    title: 'BalanceAmount',
    description: 'An amount in one currency.',
    additionalProperties: false,
  },
)

export const Balance = Type.Object(
  {
    object: constant('balance'),
    livemode: Type.Boolean({ description: 'Whether this is the balance of live mode.' }),
    merchant_id: idSchema<MerchantId>('merchant', 'The merchant.'),
    available: Type.Array(BalanceAmount, {
      description: 'Settled amounts minus fees and refunds, by currency.',
    }),
    pending: Type.Array(BalanceAmount, {
      description: 'Captured and not yet settled amounts minus fees and refunds, by currency.',
    }),
    fees: Type.Array(BalanceAmount, { description: 'All fees so far, by currency.' }),
  },
  {
    title: 'Balance',
    description: 'The balance of a merchant in one mode.',
    additionalProperties: false,
  },
)
export type Balance = Static<typeof Balance>
