import type { Page, Payment } from '@hedgepayments/node'
import { z } from 'zod'
import { usageError } from '../../exit-codes.ts'
import { countOf } from '../../output/format.ts'
import { pageSizeMax } from '../../output/list.ts'
import { filterOf, filterShape, paymentId } from '../arguments.ts'
import { factsOfPayment, lineOf } from '../payment-facts.ts'
import { modeOf } from '../results.ts'
import { defineTool, type Outcome, readOnly, readOptions } from '../tool.ts'

const limitDefault = 10

/** `find_payments`: one payment by its id, or a page of payments by a filter. */
export const findPayments = defineTool({
  name: 'find_payments',
  title: 'Find payments',
  description:
    'Finds payments by id, e-mail address, status, metadata or time, newest first. ' +
    'Without a filter it lists the newest. For the next page, pass next_cursor as starting_after.',
  annotations: readOnly,
  input: z.strictObject({
    payment_id: paymentId.optional(),
    ...filterShape,
    limit: z.int().min(1).max(pageSizeMax).default(limitDefault).describe('Payments per page.'),
    starting_after: paymentId.optional().describe('The next_cursor of the previous page.'),
  }),
  async run(context, { payment_id: id, limit, starting_after, ...filter }) {
    const { payments } = context.session.hedge
    if (id === undefined) {
      const params = { ...filterOf(filter), limit, starting_after }
      const page = await payments.list(params, readOptions(context))
      return show(context.session, page)
    }
    if (
      starting_after !== undefined ||
      Object.values(filter).some((value) => value !== undefined)
    ) {
      throw usageError('payment_id: expected no other filter beside it. Pass only payment_id.')
    }
    const payment = await payments.retrieve(id, readOptions(context))
    return show(context.session, { data: [payment], has_more: false })
  },
})

function show(
  session: { readonly livemode: boolean },
  page: Pick<Page<Payment>, 'data' | 'has_more'> & { readonly next_cursor?: string | undefined },
): Outcome {
  const { livemode } = session
  const { data, has_more } = page
  const cursor = has_more ? (page.next_cursor ?? data.at(-1)?.id ?? null) : null
  const lines = [
    `${modeOf({ livemode })}: ${countOf(data.length, 'payment')}.`,
    ...data.map(lineOf),
  ]
  if (cursor !== null) lines.push(`There are more. Next page: starting_after ${cursor}.`)
  const facts = { livemode, payments: data.map(factsOfPayment), has_more, next_cursor: cursor }
  return { text: lines.join('\n'), data: facts }
}
