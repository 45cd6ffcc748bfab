import type { WebhookDelivery } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import {
  type CreatedOptions,
  createdAfterOption,
  createdBeforeOption,
} from '../../../options/created-range.ts'
import { parseLimit, resolveTime } from '../../../options/parse.ts'
import { withExamples } from '../../../output/examples.ts'
import { formatTime, shortTime } from '../../../output/format.ts'
import { showList } from '../../../output/list.ts'
import type { Column } from '../../../output/table.ts'
import { withSession } from '../../../session.ts'
import { answerOf, statusOf } from './delivery.ts'

interface DeliveriesOptions extends CreatedOptions {
  endpoint?: string
  event?: string
  payment?: string
  status?: WebhookDelivery['status']
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
    .addOption(createdAfterOption())
    .addOption(createdBeforeOption())
    .option('--limit <n>', 'maximum number', parseLimit, 20)
    .action(
      withSession<DeliveriesOptions>(async (session, options) => {
        const { deliveries } = session.hedge.webhooks
        // Deliveries have the real time, also in test mode.
        const gte = options.createdAfter && resolveTime(options.createdAfter)
        const lt = options.createdBefore && resolveTime(options.createdBefore)
        const fetchFirst = (limit: number) =>
          deliveries.list({
            endpoint_id: options.endpoint,
            event_id: options.event,
            payment_id: options.payment,
            status: options.status,
            created_at: gte === undefined && lt === undefined ? undefined : { gte, lt },
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
