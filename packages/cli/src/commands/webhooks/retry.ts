import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { countOf } from '../../output/format.ts'
import { type Session, withSession } from '../../session.ts'

/** `hedge webhooks retry`. */
export function retryCommand(): Command {
  const command = new Command('retry')
    .description('retry a delivery now, or all failed deliveries of an endpoint')
    .argument('<id>', 'a delivery, whd_…, or an endpoint, whe_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        if (id.startsWith('whe_')) {
          await retryFailed(session, id)
          return
        }
        const delivery = await session.hedge.webhooks.deliveries.retry(id)
        session.show(delivery, () => `Sending ${delivery.event_type} again, ${delivery.id}.`)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks retry whd_abc123xyz', 'retry one delivery'],
    ['hedge webhooks retry whe_abc123xyz', 'retry all failed deliveries of an endpoint'],
  ])
}

async function retryFailed(session: Session, endpointId: string): Promise<void> {
  const { endpoints } = session.hedge.webhooks
  let count = 0
  let retry = await endpoints.retryFailed(endpointId)
  for (; retry.has_more; retry = await endpoints.retryFailed(endpointId)) count += retry.count
  count += retry.count
  const deliveries = countOf(count, 'failed delivery', 'failed deliveries')
  session.show({ ...retry, count }, () => `Sending ${deliveries} again.`)
}
