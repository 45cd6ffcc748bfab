import type { WebhookDelivery } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { type GivenTime, parseLimit, parseTime, resolveTime } from '../../../options/parse.ts'
import { withExamples } from '../../../output/examples.ts'
import { formatTime, shortTime } from '../../../output/format.ts'
import { showList } from '../../../output/list.ts'
import type { Column } from '../../../output/table.ts'
import { withSession } from '../../../session.ts'
import { answerOf, statusOf } from './delivery.ts'

interface DeliveriesOptions {
  endpoint?: string
  event?: string
  payment?: string
  status?: WebhookDelivery['status']
  createdAfter?: GivenTime
  limit: number
}

/** `hedge webhooks deliveries`. */
export function deliveriesCommand(): Command {
  const status = new Option('--status <status>', 'with this status')
  const command = new Command('deliveries')
    .description('list deliveries, newest first')
    .option('--endpoint <id>', 'to this endpoint')
    .option('--event <id>', 'of this event')
    .option('--payment <id>', 'about this payment')
    .addOption(status.choices(['pending', 'succeeded', 'failed']))
    .option('--created-after <time>', 'at or after: 2024-06-15, or an age like 24h', parseTime)
    .option('--limit <n>', 'maximum number', parseLimit, 20)
    .action(
      withSession<DeliveriesOptions>(async (session, options) => {
        const { deliveries } = session.hedge.webhooks
        // Deliveries have the real time, also in test mode.
        const after = options.createdAfter && resolveTime(options.createdAfter)
        const fetchFirst = (limit: number) =>
          deliveries.list({
            endpoint_id: options.endpoint,
            event_id: options.event,
            payment_id: options.payment,
            status: options.status,
            created_at: after === undefined ? undefined : { gte: after },
            limit,
          })
        await showList(session, fetchFirst, {
          limit: options.limit,
          columns: deliveryColumns,
          empty: 'No deliveries.',
        })
      }),
    )
  return withExamples(command, [
    ['hedge webhooks deliveries --status failed --created-after 7d', 'list failed deliveries'],
    ['hedge webhooks deliveries --payment pay_abc123xyz', 'list the deliveries about a payment'],
  ])
}

const deliveryColumns: readonly Column<WebhookDelivery>[] = [
  { title: 'ID', value: (delivery) => delivery.id },
  { title: 'STATUS', value: statusOf },
  { title: 'TRIES', align: 'right', value: (delivery) => String(delivery.attempt) },
  { title: 'ANSWER', widthMin: 8, value: (delivery) => answerOf(delivery) },
  { title: 'EVENT', value: (delivery) => delivery.event_type },
  { title: 'ENDPOINT', value: (delivery) => delivery.endpoint_id, leaveOut: 2 },
  {
    title: 'CREATED (UTC)',
    value: (delivery) => formatTime(delivery.created_at),
    short: { title: 'CREATED', value: (delivery) => shortTime(delivery.created_at) },
    leaveOut: 1,
  },
]
