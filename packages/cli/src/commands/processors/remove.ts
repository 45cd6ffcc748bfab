import { Command } from 'commander'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { ownMerchantId } from '../../own-merchant.ts'
import { withSession } from '../../session.ts'

/** `hedge processors remove`. */
export function removeCommand(): Command {
  const command = new Command('remove')
    .description("remove the merchant's own processor and its secrets")
    .option('--merchant <id>', 'the merchant, merch_… (default: that of the key)')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<{ merchant?: string; yes?: boolean }>(async (session, { merchant, yes }) => {
        const id = merchant ?? (await ownMerchantId(session))
        const what = `this removes the processor of ${id}.`
        await confirmLive(session, { what, word: 'remove', yes })
        const removed = await session.hedge.merchants.processor.remove(id)
        session.show(removed, () => `Removed the processor of ${id}.`)
      }),
    )
  return withExamples(command, [['hedge processors remove', "use the server's processor again"]])
}
