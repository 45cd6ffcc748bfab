/** A merchant and mode. Every statement is scoped by both. */
export interface Account {
  readonly merchantId: string
  readonly livemode: boolean
}

/** The account that a row belongs to. */
export function accountOf(row: { merchant_id: string; livemode: boolean }): Account {
  return { merchantId: row.merchant_id, livemode: row.livemode }
}

/** The key of a merchant and mode in a map. */
export function accountKey({ merchantId, livemode }: Account): string {
  return `${merchantId} ${livemode}`
}
