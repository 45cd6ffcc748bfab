import { formatWithCode } from '@hedgepayments/contract/amounts'
import type { Balance, BalanceAmount } from '@hedgepayments/node'
import { Command } from 'commander'
import { withExamples } from '../output/examples.ts'
import { renderFields } from '../output/table.ts'
import { ownMerchantId } from '../own-merchant.ts'
import { withSession } from '../session.ts'

/** `hedge balance`. */
export function balanceCommand(): Command {
  const command = new Command('balance')
    .description("show the merchant's balance in the mode of the key")
    .argument('[merchant]', 'the merchant, merch_… (default: that of the key)')
    .action(
      withSession(async (session, _options, [merchant]) => {
        const id = merchant ?? (await ownMerchantId(session))
        session.show(await session.hedge.merchants.balance(id), renderBalance)
      }),
    )
  return withExamples(command, [
    ['hedge balance', 'show available and pending amounts, and fees'],
    ['hedge balance --json | jq .available', 'for a program'],
  ])
}

function renderBalance({ merchant_id: id, livemode, available, pending, fees }: Balance): string {
  const amounts = (items: readonly BalanceAmount[]) =>
    items.map(({ amount, currency }) => formatWithCode({ minor: amount, currency })).join(', ') ||
    'none'
  return `${id}  ${livemode ? 'live mode' : 'test mode'}\n${renderFields([
    ['available', amounts(available)],
    ['pending', amounts(pending)],
    ['fees so far', amounts(fees)],
  ])}`
}
