import type { WebhookEndpoint } from '@hedgepayments/node'
import { Command } from 'commander'
import { parseLimit } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { showList } from '../../output/list.ts'
import type { Column } from '../../output/table.ts'
import { withSession } from '../../session.ts'
import { eventsOf, stateOf } from './endpoint.ts'

/** `hedge webhooks list`. */
export function listCommand(): Command {
  const command = new Command('list')
    .description('list endpoints, newest first')
    .option('--limit <n>', 'maximum number', parseLimit, 100)
    .action(
      withSession<{ limit: number }>(async (session, { limit }) => {
        const fetchFirst = (size: number) => session.hedge.webhooks.endpoints.list({ limit: size })
        await showList(session, fetchFirst, {
          limit,
          columns: endpointColumns,
          empty: 'No endpoints.',
        })
      }),
    )
  return withExamples(command, [['hedge webhooks list', "list the endpoints of your key's mode"]])
}

const endpointColumns: readonly Column<WebhookEndpoint>[] = [
  { title: 'ID', value: (endpoint) => endpoint.id },
  { title: 'STATE', value: stateOf },
  { title: 'URL', widthMin: 20, value: (endpoint) => endpoint.url },
  { title: 'EVENTS', widthMin: 12, leaveOut: 1, value: eventsOf },
  {
    title: 'DESCRIPTION',
    value: (endpoint) => endpoint.description ?? '',
    widthMin: 11,
    leaveOut: 2,
  },
]
