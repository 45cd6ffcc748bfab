/** What Stripe has of one payment, read by its API, so that any program with this API can be compared. */
export interface StripeRecord {
  readonly intents: readonly {
    readonly id: string
    readonly status: string
    readonly amount_received: number
    readonly latest_charge: {
      readonly balance_transaction: { readonly status: string } | null
    } | null
  }[]
  /** The refunds of captured money. */
  readonly refunds: readonly {
    readonly id: string
    readonly amount: number
    readonly status: string
  }[]
  /** The disputes, without inquiries. */
  readonly disputes: readonly {
    readonly id: string
    readonly amount: number
    /** What Stripe has withdrawn and not returned. */
    readonly withdrawn: number
    readonly status: string
    readonly fee: number
  }[]
}

interface List<T> {
  readonly data: readonly T[]
}

interface ListedRefund {
  readonly id: string
  readonly amount: number
  readonly status: string
  readonly balance_transaction: string | null
}

interface ListedDispute {
  readonly id: string
  readonly amount: number
  readonly status: string
  readonly balance_transactions: readonly {
    readonly amount: number
    readonly fee: number
  }[]
}

/** Reads what Stripe has of a payment. */
export async function readStripe(
  { url, secretKey }: { url: string; secretKey: string },
  paymentId: string,
): Promise<StripeRecord> {
  const get = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${secretKey}` }
    return (await (await fetch(`${url}${path}`, { headers })).json()) as T
  }
  const query = encodeURIComponent(`metadata['hedge_payment_id']:'${paymentId}'`)
  const path = `/v1/payment_intents/search?query=${query}&expand[]=data.latest_charge.balance_transaction`
  const { data: intents } = await get<List<StripeRecord['intents'][number]>>(path)
  const taken = intents.filter(({ amount_received: received }) => received > 0)
  const refunds: StripeRecord['refunds'][number][] = []
  const disputes: StripeRecord['disputes'][number][] = []
  for (const { id } of taken) {
    const listed = await get<List<ListedRefund>>(`/v1/refunds?payment_intent=${id}`)
    refunds.push(...listed.data.filter((one) => one.balance_transaction !== null))
    const disputed = await get<List<ListedDispute>>(`/v1/disputes?payment_intent=${id}`)
    for (const { balance_transactions: transactions, ...dispute } of disputed.data) {
      const fee = transactions.reduce((sum, one) => sum + one.fee, 0)
      const withdrawn = -sumOf(transactions)
      if (!dispute.status.startsWith('warning_')) disputes.push({ ...dispute, withdrawn, fee })
    }
  }
  return { intents, refunds, disputes }
}

/** The money of a payment that the merchant still has at Stripe, without the fees of disputes. */
export function keptOf({ intents, refunds, disputes }: StripeRecord): number {
  const received = intents.reduce((sum, one) => sum + one.amount_received, 0)
  const returned = refunds.filter(({ status }) => status !== 'failed' && status !== 'canceled')
  const withdrawn = disputes.reduce((sum, dispute) => sum + dispute.withdrawn, 0)
  return received - sumOf(returned) - withdrawn
}

/** The sum of amounts. */
export function sumOf(items: readonly { readonly amount: number }[]): number {
  return items.reduce((sum, { amount }) => sum + amount, 0)
}
