import type { HedgeEventType } from '@hedgepayments/node'
import { Command } from 'commander'
import { agesHelp, rangeOf } from '../../given-times.ts'
import { typeOption } from '../../options/choices.ts'
import {
  type CreatedOptions,
  createdAfterOption,
  createdBeforeOption,
} from '../../options/created-range.ts'
import { parseLimit } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { showList } from '../../output/list.ts'
import { eventColumns } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'

interface ListOptions extends CreatedOptions {
  type?: HedgeEventType[]
  payment?: string
  limit: number
  startingAfter?: string
}

/** `hedge events list`. */
export function listCommand(): Command {
  const command = new Command('list')
    .description('list events, newest first')
    .addOption(typeOption('--type <type>'))
    .option('--payment <id>', 'of this payment')
    .addOption(createdAfterOption())
    .addOption(createdBeforeOption())
    .option('--limit <n>', 'maximum number', parseLimit, 10)
    .option('--starting-after <id>', 'only events older than this one')
    .addHelpText('after', agesHelp)
    .action(
      withSession<ListOptions>(async (session, options) => {
        const { createdAfter: after, createdBefore: before } = options
        const created = await rangeOf(session, { after, before })
        const fetchFirst = (limit: number) =>
          session.hedge.events.list({
            type: options.type,
            payment_id: options.payment,
            created,
            limit,
            starting_after: options.startingAfter,
          })
        await showList(session, fetchFirst, {
          limit: options.limit,
          columns: eventColumns,
          empty: 'No events.',
          hasCursor: true,
        })
      }),
    )
  return withExamples(command, [
    ['hedge events list --type payment.canceled --created-after 24h', "list a day's cancellations"],
    ['hedge events list --payment pay_abc123xyz --json', 'print the events of a payment as JSON'],
  ])
}
