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

/** The rows of each account, in the order of the accounts' first rows. */
export function groupByAccount<Row extends { merchant_id: string; livemode: boolean }>(
  rows: readonly Row[],
): (readonly [account: Account, rows: Row[]])[] {
  const groups = new Map<string, readonly [account: Account, rows: Row[]]>()
  for (const row of rows) {
    const account = accountOf(row)
    const group = groups.get(accountKey(account))
    if (group) group[1].push(row)
    else groups.set(accountKey(account), [account, [row]])
  }
  return [...groups.values()]
}
