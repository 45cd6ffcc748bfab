import { Command } from 'commander'
import { withExamples } from '../../../output/examples.ts'
import { countOf } from '../../../output/format.ts'
import { withSession } from '../../../session.ts'

/** `hedge webhooks retry-failed`. */
export function retryFailedCommand(): Command {
  const command = new Command('retry-failed')
    .description('retry all failed deliveries of an endpoint now')
    .argument('<id>', 'the endpoint, whe_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        const { endpoints } = session.hedge.webhooks
        let count = 0
        let retry = await endpoints.retryFailed(id)
        for (; retry.has_more; retry = await endpoints.retryFailed(id)) count += retry.count
        count += retry.count
        const deliveries = countOf(count, 'failed delivery', 'failed deliveries')
        session.show({ ...retry, count }, () => `Sending ${deliveries} again.`)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks retry-failed whe_abc123xyz', 'after a failure of your receiver'],
  ])
}
