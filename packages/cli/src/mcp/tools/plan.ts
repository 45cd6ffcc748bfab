import type { Payment, PaymentAction } from '@hedgepayments/node'
import type { Plan } from '../change.ts'
import { factsOfPayment, lineOf, possibleNow } from '../payment-facts.ts'
import { readOptions, type ToolContext } from '../tool.ts'

/** What a change would do to a payment. */
export interface Finding {
  readonly action: PaymentAction
  readonly text: string
  readonly isImpossible?: boolean
  readonly data?: Readonly<Record<string, unknown>>
}

/**
 * The dry run of a change to one payment. The change is pinned to the version of the payment that was
 * read: if the payment changes first, the API refuses the change with `precondition_failed`.
 */
export async function planFor(
  context: ToolContext,
  id: string,
  find: (payment: Payment) => Finding,
): Promise<Plan> {
  const { payments } = context.session.hedge
  const { data: payment, response } = await payments
    .retrieve(id, readOptions(context))
    .withResponse()
  const { action, text, isImpossible, data } = find(payment)
  const isPossible = payment.allowed_actions.includes(action) && !isImpossible
  const why = isImpossible
    ? `It would be refused. ${text}`
    : `It would be refused: ${action} is not possible in the status ${payment.status}.`
  return {
    isPossible,
    pin: { ifMatch: response.headers.get('etag') ?? undefined },
    text: [lineOf(payment), ...(isPossible ? [text] : [why, ...possibleNow(payment)])].join('\n'),
    data: { payment: factsOfPayment(payment), ...(isPossible ? data : {}) },
  }
}
