import { eventTypes } from '@hedgepayments/contract/values'
import type { HedgeEventType } from '@hedgepayments/node'
import { Argument, Command } from 'commander'
import { usageError } from '../exit-codes.ts'
import { withExamples } from '../output/examples.ts'
import { withSession } from '../session.ts'
import { recipes, runRecipe } from '../trigger/recipes.ts'

interface TriggerOptions {
  payment?: string
  endpoint?: string
}

/** `hedge trigger`: causes an event in test mode. */
export function triggerCommand(): Command {
  const command = new Command('trigger')
    .description('cause an event in test mode')
    .addArgument(new Argument('<event>', 'the event type').choices(eventTypes))
    .option('--payment <id>', 'send a test event instead, with the state of this payment')
    .option('--endpoint <id>', 'send a test event instead, to this endpoint only')
    .addHelpText('after', eventsHelp())
    .action(
      withSession<TriggerOptions>(async (session, options, [type = '']) => {
        if (session.livemode) throw usageError('Events can be triggered in test mode only.')
        const event = type as HedgeEventType
        const { payment, endpoint } = options
        const recipe = payment || endpoint ? undefined : recipes[event]
        const happened = recipe
          ? await runRecipe(session.hedge, event, recipe)
          : await session.hedge.webhooks.trigger(event, {
              payment_id: payment,
              endpoint_id: endpoint,
            })
        session.show(happened, ({ id, data }) => `${event}  ${data.id}  ${id}`)
      }),
    )
  return withExamples(command, [
    ['hedge trigger payment.succeeded', 'pay a payment with a test card'],
    ['hedge trigger payment.canceled --payment pay_abc123xyz', 'send a test event about a payment'],
  ])
}

function eventsHelp(): string {
  const real = eventTypes.filter((type) => recipes[type])
  const sent = eventTypes.filter((type) => !recipes[type])
  return `
Caused with a new payment in the sandbox, after all earlier events of the payment:
${real.map((type) => `  ${type}`).join('\n')}

Sent as test events:
${sent.map((type) => `  ${type}`).join('\n')}`
}
