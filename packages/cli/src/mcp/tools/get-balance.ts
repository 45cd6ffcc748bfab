import type { Balance, BalanceAmount } from '@hedgepayments/node'
import { z } from 'zod'
import { moneyOf } from '../payment-facts.ts'
import { modeOf } from '../results.ts'
import { defineTool, type Outcome, readOnly, readOptions } from '../tool.ts'

/** `get_balance`: the balance of the key's merchant. */
export const getBalance = defineTool({
  name: 'get_balance',
  title: 'Get the balance',
  description: 'Shows the balance by currency: available, pending (not yet settled), and all fees.',
  annotations: readOnly,
  input: z.strictObject({}),
  async run(context) {
    const { hedge, livemode } = context.session
    const options = readOptions(context)
    // The API does not name the merchant of a key, but each payment does.
    const { data } = await hedge.payments.list({ limit: 1 }, options)
    const merchantId = data[0]?.merchant_id
    if (merchantId === undefined) return noBalance(livemode)
    return show(await hedge.merchants.balance(merchantId, options))
  },
})

function noBalance(livemode: boolean): Outcome {
  const text = `${modeOf({ livemode })}: there is no payment yet, so there is no balance.`
  return { text, data: { livemode, available: [], pending: [], fees: [] } }
}

function show({ livemode, available, pending, fees }: Balance): Outcome {
  const lines = [
    `${modeOf({ livemode })}.`,
    `Available: ${listOf(available)}.`,
    `Pending: ${listOf(pending)}.`,
    `Fees: ${listOf(fees)}.`,
  ]
  const [a, p, f] = [available, pending, fees].map((amounts) => amounts.map(withText))
  return { text: lines.join('\n'), data: { livemode, available: a, pending: p, fees: f } }
}

const listOf = (amounts: readonly BalanceAmount[]) =>
  amounts.map((entry) => moneyOf(entry.amount, entry)).join(', ') || 'nothing'

const withText = (entry: BalanceAmount) => ({ ...entry, text: moneyOf(entry.amount, entry) })
