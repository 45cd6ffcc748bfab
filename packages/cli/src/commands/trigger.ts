import type { HedgeEventType } from '@hedgepayments/node'
import { Argument, Command } from 'commander'
import { withExamples } from '../examples.ts'
import { usageError } from '../exit-codes.ts'
import { cook, recipes } from '../recipes.ts'
import { withSession } from '../session.ts'
import { eventTypes } from '../words.ts'

interface TriggerOptions {
  payment?: string
  endpoint?: string
}

/** `hedge trigger`: makes an event happen in test mode. */
export function triggerCommand(): Command {
  const command = new Command('trigger')
    .description('make an event happen in test mode')
    .addArgument(new Argument('<event>', 'its type').choices(eventTypes))
    .option('--payment <id>', 'only send a test event, with the state of this payment')
    .option('--endpoint <id>', 'only send a test event, to this endpoint alone')
    .addHelpText('after', eventsHelp())
    .action(
      withSession<TriggerOptions>(async (session, options, [type = '']) => {
        if (session.livemode) throw usageError('Events are made to happen in test mode only.')
        const event = type as HedgeEventType
        const { payment, endpoint } = options
        const recipe = payment || endpoint ? undefined : recipes[event]
        const happened = recipe
          ? await cook(session.hedge, event, recipe)
          : await session.hedge.webhooks.trigger(event, {
              payment_id: payment,
              endpoint_id: endpoint,
            })
        session.show(happened, ({ id, data }) => `${event}  ${data.id}  ${id}`)
      }),
    )
  return withExamples(command, [
    ['hedge trigger payment.succeeded', 'pays a payment with a test card'],
    ['hedge trigger payment.canceled --payment pay_abc123xyz', 'a test event about this payment'],
  ])
}

function eventsHelp(): string {
  const real = eventTypes.filter((type) => recipes[type])
  const sent = eventTypes.filter((type) => !recipes[type])
  return `
Made to happen with a new payment in the sandbox, with all the events on the way there:
${real.map((type) => `  ${type}`).join('\n')}

Sent as test events:
${sent.map((type) => `  ${type}`).join('\n')}`
}
