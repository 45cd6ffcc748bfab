import { Command } from 'commander'
import { usageError } from '../../exit-codes.ts'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { ownMerchantId } from '../../own-merchant.ts'
import { withSession } from '../../session.ts'
import { type SettingsOptions, settingsOf, withSettings } from './merchant-options.ts'
import { renderMerchant } from './merchant-view.ts'

interface UpdateOptions extends SettingsOptions {
  name?: string
  yes?: boolean
}

/** `hedge merchants update`. */
export function updateCommand(): Command {
  const command = withSettings(
    new Command('update')
      .description('change the merchant of the key')
      .argument('[id]', 'the merchant, merch_… (default: that of the key)')
      .option('--name <text>', 'the name that customers see'),
  )
    .option('--yes', 'skip the confirmation of live mode')
    .addHelpText(
      'after',
      '\nOnce the merchant has a live key, only live keys change the fees and the cancel window.',
    )
    .action(
      withSession<UpdateOptions>(async (session, options, [given]) => {
        const params = { name: options.name, ...settingsOf(options) }
        if (Object.values(params).every((value) => value === undefined)) {
          throw usageError('Nothing to change: see --help.')
        }
        const id = given ?? (await ownMerchantId(session))
        await confirmLive(session, {
          what: `this changes ${id}.`,
          word: 'change',
          yes: options.yes,
        })
        session.show(await session.hedge.merchants.update(id, params), renderMerchant)
      }),
    )
  return withExamples(command, [
    ['hedge merchants update --name "Lamps and more"', 'change the name'],
    ['hedge merchants update --default-cancel-window 30m', 'half an hour to cancel each payment'],
    ['hedge merchants update --fee-fixed server', "use the server's setting again"],
  ])
}
