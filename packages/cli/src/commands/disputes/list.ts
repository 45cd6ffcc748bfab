import { disputeStatuses } from '@hedgepayments/contract/values'
import type { DisputeStatus } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { agesHelp, rangeOf } from '../../given-times.ts'
import { choices } from '../../options/choices.ts'
import {
  type CreatedOptions,
  createdAfterOption,
  createdBeforeOption,
} from '../../options/created-range.ts'
import { parseLimit } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { showList } from '../../output/list.ts'
import { withSession } from '../../session.ts'
import { disputeColumns } from './view.ts'

interface ListOptions extends CreatedOptions {
  status?: DisputeStatus[]
  payment?: string
  limit: number
  startingAfter?: string
}

/** `hedge disputes list`. */
export function listCommand(): Command {
  const status = new Option(
    '--status <status>',
    'with this status; several with commas or repeated',
  )
  const command = new Command('list')
    .description('list disputes, newest first')
    .addOption(choices(status, disputeStatuses))
    .option('--payment <id>', 'of this payment, pay_…')
    .addOption(createdAfterOption())
    .addOption(createdBeforeOption())
    .option('--limit <n>', 'maximum number', parseLimit, 10)
    .option('--starting-after <id>', 'only disputes older than this one')
    .addHelpText('after', agesHelp)
    .action(
      withSession<ListOptions>(async (session, options) => {
        const { createdAfter: after, createdBefore: before } = options
        const created = await rangeOf(session, { after, before })
        const fetchFirst = (limit: number) =>
          session.hedge.disputes.list({
            status: options.status,
            payment: options.payment,
            created_at: created,
            limit,
            starting_after: options.startingAfter,
          })
        await showList(session, fetchFirst, {
          limit: options.limit,
          columns: disputeColumns,
          empty: 'No disputes.',
          hasCursor: true,
        })
      }),
    )
  return withExamples(command, [
    ['hedge disputes list --status needs_response', 'list disputes that wait for your evidence'],
    ['hedge disputes list --payment pay_abc123xyz', 'list the disputes of a payment'],
  ])
}
