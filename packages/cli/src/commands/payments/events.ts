import { Command } from 'commander'
import { parseLimit } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { showList } from '../../output/list.ts'
import { eventColumns } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'

/** `hedge payments events`. */
export function timelineCommand(): Command {
  const command = new Command('events')
    .description('show the timeline of a payment, newest first')
    .argument('<id>', 'the payment, pay_…')
    .option('--limit <n>', 'maximum number', parseLimit, 100)
    .action(
      withSession<{ limit: number }>(async (session, { limit }, [id = '']) => {
        const fetchFirst = (size: number) => session.hedge.payments.events(id, { limit: size })
        await showList(session, fetchFirst, { limit, columns: eventColumns, empty: 'No events.' })
      }),
    )
  return withExamples(command, [
    ['hedge payments events pay_abc123xyz', 'show each step, its time and its actor'],
  ])
}
