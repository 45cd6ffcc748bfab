import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { renderEndpoint } from './endpoint.ts'

/** `hedge webhooks get`. */
export function getCommand(): Command {
  const command = new Command('get')
    .description('show an endpoint')
    .argument('<id>', 'the endpoint, whe_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        session.show(await session.hedge.webhooks.endpoints.retrieve(id), renderEndpoint)
      }),
    )
  return withExamples(command, [['hedge webhooks get whe_abc123xyz', 'show an endpoint']])
}
