import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { ownMerchantId } from '../../own-merchant.ts'
import { withSession } from '../../session.ts'
import { renderMerchant } from './merchant-view.ts'

/** `hedge merchants get`. */
export function getCommand(): Command {
  const command = new Command('get')
    .description('show the merchant of the key')
    .argument('[id]', 'the merchant, merch_… (default: that of the key)')
    .action(
      withSession(async (session, _options, [given]) => {
        const id = given ?? (await ownMerchantId(session))
        session.show(await session.hedge.merchants.retrieve(id), renderMerchant)
      }),
    )
  return withExamples(command, [['hedge merchants get', 'show its fees and its cancel window']])
}
