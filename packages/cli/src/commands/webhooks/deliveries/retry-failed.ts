import type { WebhookRetry } from '@hedgepayments/node'
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
        let last: WebhookRetry
        do {
          last = await endpoints.retryFailed(id)
          count += last.count
        } while (last.has_more)
        const deliveries = countOf(count, 'failed delivery', 'failed deliveries')
        session.show({ ...last, count }, () => `Sending ${deliveries} again.`)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks retry-failed whe_abc123xyz', 'after a failure of your receiver'],
  ])
}
