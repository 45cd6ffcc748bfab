import type { WebhookDelivery, WebhookDeliveryWithAttempts } from '@hedgepayments/node'
import { Command } from 'commander'
import { withExamples } from '../../../output/examples.ts'
import { cut } from '../../../output/fit.ts'
import { formatTime } from '../../../output/format.ts'
import { renderFields, renderTable } from '../../../output/table.ts'
import { paint } from '../../../output/terminal.ts'
import { withSession } from '../../../session.ts'

/** `hedge webhooks delivery`. */
export function deliveryCommand(): Command {
  const command = new Command('delivery')
    .description('show a delivery and all its attempts')
    .argument('<id>', 'the delivery, whd_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        session.show(await session.hedge.webhooks.deliveries.retrieve(id), renderDelivery)
      }),
    )
  return withExamples(command, [
    ['hedge webhooks delivery whd_abc123xyz', "show the receiver's answer to each attempt"],
  ])
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

const statusStyles = { pending: 'yellow', succeeded: 'green', failed: 'red' } as const

/** The status of a delivery, in its colour. */
export function statusOf({ status }: WebhookDelivery): string {
  return paint(statusStyles[status], status)
}

/** The answer to an attempt: its status or its error. Empty before the first attempt. */
export function answerOf(result: Pick<WebhookDelivery, 'response_code' | 'error'>): string {
  return result.error ?? (result.response_code === null ? '' : String(result.response_code))
}
