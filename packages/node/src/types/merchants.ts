/** What a merchant has earned, in the mode of the key. Source: api.md, merchants. */
export interface Balance {
  object: 'balance'
  livemode: boolean
  merchant_id: string
  /** Settled: amounts less fees and refunds, by currency. */
  available: BalanceAmount[]
  /** Captured and not settled yet, by currency. */
  pending: BalanceAmount[]
  /** Fees taken so far, by currency. */
  fees: BalanceAmount[]
}

export interface BalanceAmount {
  /** Minor units; below zero what the merchant owes. */
  amount: number
  /** ISO 4217, upper case. */
  currency: string
}
