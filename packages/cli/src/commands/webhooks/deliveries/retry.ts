import { Command } from 'commander'
import { usageError } from '../../../exit-codes.ts'
import { withExamples } from '../../../output/examples.ts'
import { withSession } from '../../../session.ts'

/** `hedge webhooks retry`. */
export function retryCommand(): Command {
  const command = new Command('retry')
    .description('retry a delivery now')
    .argument('<id>', 'the delivery, whd_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        if (id.startsWith('whe_')) {
          throw usageError(
            `${id} is an endpoint: expected a delivery, whd_….`,
            `hint: retry its failed deliveries: hedge webhooks retry-failed ${id}`,
          )
        }
        const delivery = await session.hedge.webhooks.deliveries.retry(id)
        session.show(delivery, () => `Sending ${delivery.event_type} again, ${delivery.id}.`)
      }),
    )
  return withExamples(command, [['hedge webhooks retry whd_abc123xyz', 'retry one delivery']])
}
