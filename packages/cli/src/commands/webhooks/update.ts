import { Command, Option } from 'commander'
import { usageError } from '../../exit-codes.ts'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { type EventSelection, eventsOption, renderEndpoint } from './endpoint.ts'

interface UpdateOptions {
  url?: string
  events?: EventSelection
  description?: string
  enable?: boolean
  disable?: boolean
  yes?: boolean
}

/** `hedge webhooks update`. */
export function updateCommand(): Command {
  const command = new Command('update')
    .description('change, enable or disable an endpoint')
    .argument('<id>', 'the endpoint, whe_…')
    .option('--url <url>', 'the URL that receives events')
    .addOption(eventsOption())
    .option('--description <text>', 'a description for your records')
    .addOption(new Option('--enable', 'send events').conflicts('disable'))
    .option('--disable', 'send no events, and abandon the pending deliveries')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<UpdateOptions>(async (session, options, [id = '']) => {
        const { url, events, description, enable, disable, yes } = options
        const enabled = enable ? true : disable ? false : undefined
        const change = { url, events, description, enabled }
        if (Object.values(change).every((value) => value === undefined)) {
          throw usageError('Nothing to change: see --help.')
        }
        if (disable) {
          const what = `${id} will receive no more events.`
          await confirmLive(session, { what, word: 'disable', yes })
        }
        session.show(await session.hedge.webhooks.endpoints.update(id, change), renderEndpoint)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks update whe_abc123xyz --enable', 'enable a disabled endpoint'],
    ['hedge webhooks update whe_abc123xyz --events payment.canceled,payment.failed', 'two types'],
  ])
}
