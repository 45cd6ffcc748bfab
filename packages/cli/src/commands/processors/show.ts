import type { MerchantProcessor } from '@hedgepayments/node'
import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { formatTime } from '../../output/format.ts'
import { renderFields } from '../../output/table.ts'
import { ownMerchantId } from '../../own-merchant.ts'
import { withSession } from '../../session.ts'

/** `hedge processors show`. */
export function showCommand(): Command {
  const command = new Command('show')
    .description("show the merchant's own processor, without its secrets")
    .option('--merchant <id>', 'the merchant, merch_… (default: that of the key)')
    .addHelpText('after', "\nThe exit code is 4 if the merchant uses the server's processor.")
    .action(
      withSession<{ merchant?: string }>(async (session, { merchant }) => {
        const id = merchant ?? (await ownMerchantId(session))
        session.show(await session.hedge.merchants.processor.retrieve(id), renderProcessor)
      }),
    )
  return withExamples(command, [['hedge processors show', 'show the URL for its webhooks']])
}

/** A merchant's own processor. */
export function renderProcessor(processor: MerchantProcessor): string {
  const { processor: name, livemode, secret_hint: hint, has_webhook_secret: hasSecret } = processor
  const { publishable_key: publishableKey } = processor
  return `${name}  ${livemode ? 'live mode' : 'test mode'}\n${renderFields([
    ['secret key', hint],
    ['publishable key', publishableKey ?? 'not set: the hosted page takes no payments'],
    ['webhook secret', hasSecret ? 'set' : 'not set: its webhook messages are refused'],
    ['webhook URL', processor.webhook_url],
    ['updated', `${formatTime(processor.updated_at)} UTC`],
  ])}`
}
