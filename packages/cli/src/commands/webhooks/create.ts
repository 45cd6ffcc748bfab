import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { type EventSelection, eventsOption, renderEndpoint, sayKeep } from './endpoint.ts'

/** `hedge webhooks create`. */
export function createCommand(): Command {
  const command = new Command('create')
    .description('register an endpoint and show its secret, once')
    .argument('<url>', 'the URL that receives events')
    .addOption(eventsOption())
    .option('--description <text>', 'a description for your records')
    .action(
      withSession<{ events?: EventSelection; description?: string }>(
        async (session, { events, description }, [url = '']) => {
          const endpoint = { url, events, description }
          session.show(await session.hedge.webhooks.endpoints.create(endpoint), renderEndpoint)
          if (!session.json) sayKeep()
        },
      ),
    )
  return withExamples(command, [
    ['hedge webhooks create https://shop.example.com/webhooks', 'receive all events'],
    ['hedge webhooks create https://example.com/hook --events payment.canceled', 'only one type'],
  ])
}
