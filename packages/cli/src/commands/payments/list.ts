import { Command } from 'commander'
import { parseLimit } from '../../options/parse.ts'
import { type FilterOptions, filterOf, withFilters } from '../../options/payment-filters.ts'
import { withExamples } from '../../output/examples.ts'
import { showList } from '../../output/list.ts'
import { paymentColumns } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'

interface ListOptions extends FilterOptions {
  limit: number
  startingAfter?: string
}

/** `hedge payments list`. */
export function listCommand(): Command {
  const command = withFilters(new Command('list').description('list payments, newest first'))
    .option('--limit <n>', 'maximum number', parseLimit, 10)
    .option('--starting-after <id>', 'only payments older than this one')
    .action(
      withSession<ListOptions>(async (session, options) => {
        const filter = await filterOf(session, options)
        const fetchFirst = (limit: number) =>
          session.hedge.payments.list({
            ...filter,
            limit,
            starting_after: options.startingAfter,
          })
        await showList(session, fetchFirst, {
          limit: options.limit,
          columns: paymentColumns,
          empty: 'No payments.',
          hasCursor: true,
        })
      }),
    )
  return withExamples(command, [
    ['hedge payments list --status pending,initiated --limit 50', 'list cancelable payments'],
    ['hedge payments list --created-after 24h --customer-email a@example.com', "a customer's day"],
    ['hedge payments list --needs-attention', 'list payments that wait for an operator'],
    ['hedge payments list --metadata order_id=1234 --json', 'find by your own order number'],
  ])
}
