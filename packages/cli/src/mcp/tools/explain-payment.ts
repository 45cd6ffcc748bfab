import type { Page, Payment, Refund } from '@hedgepayments/node'
import { z } from 'zod'
import { pageSizeMax } from '../../output/list.ts'
import { paymentId } from '../arguments.ts'
import { factsOfPayment, lineOf, moneyOf, possibleNow, timeOf } from '../payment-facts.ts'
import { modeOf, quoted } from '../results.ts'
import { lineOfEntry, timelineOf } from '../timeline.ts'
import { defineTool, readOnly, readOptions } from '../tool.ts'

/** The most events, and the most calls, of a timeline. A model cannot use more. */
const entriesMax = 200

/** `explain_payment`: what happened to a payment, and what is possible now. */
export const explainPayment = defineTool({
  name: 'explain_payment',
  title: 'Explain a payment',
  description:
    'Explains a payment: its timeline with all events and all calls to the processor, in sentences ' +
    'with times, and what is possible with it now.',
  annotations: readOnly,
  input: z.strictObject({ payment_id: paymentId }),
  async run(context, { payment_id: id }) {
    const { payments } = context.session.hedge
    const options = readOptions(context)
    const payment = await payments.retrieve(id, options)
    const [events, attempts] = await Promise.all([
      collect(payments.events(id, { limit: pageSizeMax }, options)),
      collect(payments.attempts(id, { limit: pageSizeMax }, options)),
    ])
    const timeline = timelineOf(payment, { events: events.items, attempts: attempts.items })
    const isCut = events.isCut || attempts.isCut
    const lines = [
      `${modeOf(payment)}: ${lineOf(payment)}`,
      ...aboutPayment(payment),
      'Timeline:',
      ...(isCut ? [`Only the newest ${entriesMax} events and calls are shown.`] : []),
      ...timeline.map(lineOfEntry),
      'Now:',
      ...possibleNow(payment),
    ]
    return {
      text: lines.join('\n'),
      data: { payment: factsOfPayment(payment), timeline, timeline_is_cut: isCut },
    }
  },
})

async function collect<Item>(
  first: PromiseLike<Page<Item>>,
): Promise<{ items: Item[]; isCut: boolean }> {
  let page: Page<Item> = await first
  const items = [...page.data]
  while (page.has_more && items.length < entriesMax) {
    const next = await page.nextPage()
    if (next === null) break
    page = next
    items.push(...page.data)
  }
  return { items: items.slice(0, entriesMax), isCut: page.has_more || items.length > entriesMax }
}

function aboutPayment(payment: Payment): string[] {
  const { description, metadata, fee } = payment
  const pairs = Object.entries(metadata).map(([key, value]) => `${quoted(key)} = ${quoted(value)}`)
  return [
    ...(description === null ? [] : [`Description: ${quoted(description)}.`]),
    ...(pairs.length === 0 ? [] : [`Metadata: ${pairs.join(', ')}.`]),
    ...(fee === null ? [] : [`Fee: ${moneyOf(fee, payment)}.`]),
    ...payment.refunds.map(lineOfRefund),
  ]
}

function lineOfRefund(refund: Refund): string {
  const why = refund.failure_code === null ? '' : `, ${refund.failure_code}`
  const amount = moneyOf(refund.amount, refund)
  const where = refund.actor.type === 'processor' ? ', made at the processor' : ''
  return `Refund ${refund.id}: ${refund.status}${why}, ${amount}, ${timeOf(refund.created_at)}${where}.`
}
