import type { WebhookDelivery, WebhookDeliveryWithAttempts } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { parseLimit, parseTime } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { cut } from '../../output/fit.ts'
import { formatTime, shortTime } from '../../output/format.ts'
import { showList } from '../../output/list.ts'
import { type Column, renderFields, renderTable } from '../../output/table.ts'
import { paint } from '../../output/terminal.ts'
import { withSession } from '../../session.ts'

interface DeliveriesOptions {
  endpoint?: string
  event?: string
  payment?: string
  status?: WebhookDelivery['status']
  createdAfter?: string
  limit: number
}

/** `hedge webhooks deliveries`. */
export function deliveriesCommand(): Command {
  const status = new Option('--status <status>', 'with this status')
  const command = new Command('deliveries')
    .description('list deliveries, newest first, or show the attempts of one')
    .argument('[id]', 'a delivery, whd_…')
    .option('--endpoint <id>', 'to this endpoint')
    .option('--event <id>', 'of this event')
    .option('--payment <id>', 'about this payment')
    .addOption(status.choices(['pending', 'succeeded', 'failed']))
    .option('--created-after <time>', 'at or after: 2024-06-15, or an age like 24h', parseTime)
    .option('--limit <n>', 'maximum number', parseLimit, 20)
    .action(
      withSession<DeliveriesOptions>(async (session, options, [id]) => {
        const { deliveries } = session.hedge.webhooks
        if (id !== undefined) {
          session.show(await deliveries.retrieve(id), renderDelivery)
          return
        }
        const { createdAfter } = options
        const fetchFirst = (limit: number) =>
          deliveries.list({
            endpoint_id: options.endpoint,
            event_id: options.event,
            payment_id: options.payment,
            status: options.status,
            created_at: createdAfter === undefined ? undefined : { gte: createdAfter },
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
    ['hedge webhooks deliveries whd_abc123xyz', "show the receiver's answer to each attempt"],
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

const statusStyles = { pending: 'yellow', succeeded: 'green', failed: 'red' } as const

function statusOf({ status }: WebhookDelivery): string {
  return paint(statusStyles[status], status)
}

function answerOf(result: Pick<WebhookDelivery, 'response_code' | 'error'>): string {
  return result.error ?? (result.response_code === null ? '' : String(result.response_code))
}

function renderDelivery(delivery: WebhookDeliveryWithAttempts): string {
  const next = delivery.next_attempt_at
  const fields = renderFields([
    ['event', `${delivery.event_type} ${delivery.event_id}`],
    ['endpoint', delivery.endpoint_id],
    ['created', `${formatTime(delivery.created_at)} UTC`],
    ['next attempt', next === null ? null : `${formatTime(next)} UTC`],
  ])
  const attempts = renderTable(delivery.attempts, [
    { title: 'ATTEMPT', align: 'right', value: (attempt) => String(attempt.attempt) },
    { title: 'AT (UTC)', value: (attempt) => formatTime(attempt.created_at) },
    { title: 'TOOK', align: 'right', value: (attempt) => `${attempt.duration_ms ?? 0} ms` },
    { title: 'ANSWER', widthMin: 12, value: answerOf },
    {
      title: 'BODY',
      value: (attempt) => cut(attempt.response_body ?? '', 60),
      widthMin: 10,
    },
  ])
  return `${delivery.id}  ${statusOf(delivery)}\n${fields}\n\n${attempts}`
}
