import { Command } from 'commander'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { say } from '../../output/terminal.ts'
import { withSession } from '../../session.ts'
import { type SettingsOptions, settingsOf, withSettings } from './merchant-options.ts'
import { renderMerchant } from './merchant-view.ts'

interface CreateOptions extends SettingsOptions {
  name: string
  idempotencyKey?: string
  yes?: boolean
}

/** `hedge merchants create`. */
export function createCommand(): Command {
  const command = withSettings(
    new Command('create')
      .description('create a merchant with a key pair and show its secrets, once')
      .requiredOption('--name <text>', 'the name that customers see'),
  )
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--yes', 'skip the confirmation of live mode')
    .addHelpText(
      'after',
      '\nA live key creates a test and a live key pair, a test key a test pair.',
    )
    .action(
      withSession<CreateOptions>(async (session, options) => {
        const { name, idempotencyKey, yes } = options
        await confirmLive(session, { what: 'this creates a merchant.', word: 'create', yes })
        const params = { name, ...settingsOf(options) }
        const merchant = await session.hedge.merchants.create(params, { idempotencyKey })
        session.show(merchant, renderMerchant)
        if (!session.json) say('Keep the secret keys now. They are not shown again.')
      }),
    )
  return withExamples(command, [
    ['hedge merchants create --name "Second shop"', 'create a merchant'],
  ])
}
