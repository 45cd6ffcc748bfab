import { createHash } from 'node:crypto'
import { Command } from 'commander'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { print, say } from '../../output/terminal.ts'
import { withSession } from '../../session.ts'
import { type SettingsOptions, settingsOf, withSettings } from './merchant-options.ts'
import { renderMerchant } from './merchant-view.ts'
import { parseCell } from './parse-cell.ts'

interface CreateOptions extends SettingsOptions {
  name: string
  idempotencyKey?: string
  map?: string
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
    .option('--map <cell>', "print the lines of its keys for a proxy's map instead", parseCell)
    .option('--yes', 'skip the confirmation of live mode')
    .addHelpText(
      'after',
      '\nA live key creates a test and a live key pair, a test key a test pair.',
    )
    .action(
      withSession<CreateOptions>(async (session, options) => {
        const { name, idempotencyKey, map, yes } = options
        await confirmLive(session, { what: 'this creates a merchant.', word: 'create', yes })
        const params = { name, ...settingsOf(options) }
        const merchant = await session.hedge.merchants.create(params, { idempotencyKey })
        if (map !== undefined) {
          for (const { secret_key: key } of merchant.api_keys)
            print(`${createHash('sha256').update(key).digest('hex')} ${map}`)
          say(renderMerchant(merchant))
        } else session.show(merchant, renderMerchant)
        if (!session.json) say('Keep the secret keys now. They are not shown again.')
      }),
    )
  return withExamples(command, [
    ['hedge merchants create --name "Second shop"', 'create a merchant'],
  ])
}
