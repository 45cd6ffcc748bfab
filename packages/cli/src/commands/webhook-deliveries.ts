import type {
  HedgeEventType,
  WebhookDelivery,
  WebhookDeliveryWithAttempts,
} from '@hedgepayments/node'
import { Argument, Command, Option } from 'commander'
import { withExamples } from '../examples.ts'
import { parseTime } from '../filters.ts'
import { cut } from '../fit.ts'
import { countOf, formatTime, shortTime } from '../format.ts'
import { collect, pageSizeMax, parseLimit, showList } from '../list.ts'
import { withSession } from '../session.ts'
import { type Column, renderFields, renderTable } from '../table.ts'
import { harmless, paint } from '../terminal.ts'
import { eventTypes } from '../words.ts'

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
  const command = new Command('deliveries')
    .description('what was sent, newest first; with an id, each attempt of one delivery')
    .argument('[id]', 'a delivery, whd_…')
    .option('--endpoint <id>', 'to this endpoint')
    .option('--event <id>', 'of this event')
    .option('--payment <id>', 'about this payment')
    .addOption(
      new Option('--status <status>', 'with this status').choices([
        'pending',
        'succeeded',
        'failed',
      ]),
    )
    .option('--created-after <time>', 'at or after: 2024-06-15, or an age like 24h', parseTime)
    .option('--limit <n>', 'how many', parseLimit, 20)
    .action(
      withSession<DeliveriesOptions>(async (session, options, [id]) => {
        const { deliveries } = session.hedge.webhooks
        if (id !== undefined) {
          session.show(await deliveries.retrieve(id), renderDelivery)
          return
        }
        const { createdAfter, limit } = options
        const page = deliveries.list({
          endpoint_id: options.endpoint,
          event_id: options.event,
          payment_id: options.payment,
          status: options.status,
          created_at: createdAfter === undefined ? undefined : { gte: createdAfter },
          limit: Math.min(limit, pageSizeMax),
        })
        showList(session, await collect(page, limit), {
          columns: deliveryColumns,
          empty: 'No deliveries.',
          more: 'There are more: give a larger --limit.',
        })
      }),
    )
  return withExamples(command, [
    ['hedge webhooks deliveries --status failed --created-after 7d', 'what did not arrive'],
    ['hedge webhooks deliveries whd_abc123xyz', 'what the receiver answered, each time'],
  ])
}

/** `hedge webhooks retry`. */
export function retryCommand(): Command {
  const command = new Command('retry')
    .description('send a delivery again now, or all that failed at an endpoint')
    .argument('<id>', 'a delivery, whd_…, or an endpoint, whe_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        const { deliveries, endpoints } = session.hedge.webhooks
        if (!id.startsWith('whe_')) {
          const delivery = await deliveries.retry(id)
          session.show(delivery, () => `Sending ${delivery.event_type} again, ${delivery.id}.`)
          return
        }
        let count = 0
        let retry = await endpoints.retryFailed(id)
        for (; retry.has_more; retry = await endpoints.retryFailed(id)) count += retry.count
        const all = { ...retry, count: count + retry.count }
        session.show(
          all,
          () => `Sending ${countOf(all.count, 'failed delivery', 'failed deliveries')} again.`,
        )
      }),
    )
  return withExamples(command, [
    ['hedge webhooks retry whd_abc123xyz', 'one delivery'],
    ['hedge webhooks retry whe_abc123xyz', 'all that failed at an endpoint'],
  ])
}

/** `hedge webhooks test`. */
export function testCommand(): Command {
  const command = new Command('test')
    .description('send a test event to your endpoints (test mode)')
    .addArgument(
      new Argument('[event]', 'its type').choices(eventTypes).default('payment.succeeded'),
    )
    .option('--endpoint <id>', 'only to this endpoint')
    .option('--payment <id>', 'with the state of this payment')
    .action(
      withSession<{ endpoint?: string; payment?: string }>(async (session, options, [given]) => {
        const type = (given ?? 'payment.succeeded') as HedgeEventType
        const event = await session.hedge.webhooks.trigger(type, {
          payment_id: options.payment,
          endpoint_id: options.endpoint,
        })
        session.show(event, () => `Sent ${type}, ${event.id}.`)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks test', 'does it arrive?'],
    ['hedge webhooks test payment.canceled --endpoint whe_abc123xyz', 'only there'],
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
  return harmless(
    result.error ?? (result.response_code === null ? '' : String(result.response_code)),
  )
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
      value: (attempt) => cut(harmless(attempt.response_body ?? ''), 60),
      widthMin: 10,
    },
  ])
  return `${delivery.id}  ${statusOf(delivery)}\n${fields}\n\n${attempts}`
}
