import type { HedgeEventType } from '@hedgepayments/node'
import { Command } from 'commander'
import { followOptions, stopOnSignal } from '../../listen/follow.ts'
import { typeOption } from '../../options/choices.ts'
import { withExamples } from '../../output/examples.ts'
import { renderEventLine } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'

interface TailOptions {
  type?: HedgeEventType[]
  payment?: string
  after?: string
}

/** `hedge events tail`. */
export function tailCommand(): Command {
  const command = new Command('tail')
    .description('print events as they happen, until Ctrl-C')
    .addOption(typeOption('--type <type>'))
    .option('--payment <id>', 'of this payment')
    .option('--after <id>', 'begin after this event (default: begin now)')
    .action(
      withSession<TailOptions>(async (session, { type, payment, after }) => {
        const stream = session.hedge.events.stream({
          ...followOptions(session),
          type,
          payment_id: payment,
          lastEventId: after,
          signal: stopOnSignal().signal,
        })
        for await (const event of stream) session.showLine(event, renderEventLine)
      }),
    )
  return withExamples(command, [
    ['hedge events tail', 'watch all events'],
    [
      'hedge events tail --type payment.canceled --json | jq -r .data.id',
      'one JSON line per event',
    ],
  ])
}
