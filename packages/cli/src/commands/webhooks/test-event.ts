import { eventTypes } from '@hedgepayments/contract/values'
import type { HedgeEventType } from '@hedgepayments/node'
import { Argument, Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'

/** `hedge webhooks test`. */
export function testCommand(): Command {
  const type = new Argument('[event]', 'the event type').choices(eventTypes)
  const command = new Command('test')
    .description('send a test event to your endpoints (test mode)')
    .addArgument(type.default('payment.succeeded'))
    .option('--endpoint <id>', 'only to this endpoint')
    .option('--payment <id>', 'with the state of this payment')
    .action(
      withSession<{ endpoint?: string; payment?: string }>(async (session, options, [given]) => {
        const type = (given ?? 'payment.succeeded') as HedgeEventType
        const event = await session.hedge.webhooks.trigger(type, {
          payment_id: options.payment,
          endpoint_id: options.endpoint,
        })
        session.show(event, () => `Sent ${type}, ${event.id}.`)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks test', 'test all endpoints'],
    ['hedge webhooks test payment.canceled --endpoint whe_abc123xyz', 'test one endpoint'],
  ])
}
