import type { Payment } from '@hedgepayments/node'
import { z } from 'zod'
import { metadata, paymentId, reason } from '../arguments.ts'
import { type Change, readChange } from '../change.ts'
import { factsOfPayment, lineOf, moneyOf, refundableOf } from '../payment-facts.ts'
import { modeOf } from '../results.ts'
import { type Finding, planFor } from './plan.ts'

const shape = {
  payment_id: paymentId,
  amount: z
    .int()
    .min(1)
    .optional()
    .describe('In minor units: 500 is 5.00 USD, or 500 JPY. Default: the whole remainder.'),
  reason,
  metadata: metadata.optional().describe("The shop's own data of the refund."),
}

/** `refund_payment`, and its dry run. */
export const refundPayment: Change<typeof shape> = {
  name: 'refund_payment',
  title: 'Refund a payment',
  description: 'Refunds a part or the whole remainder of a payment that succeeded.',
  shape,
  plan: (context, { payment_id: id, amount }) =>
    planFor(context, id, (payment) => findingOf(payment, amount)),
  async execute({ session }, { payment_id: id, ...params }, { options }) {
    const { answer, isReplayed, replayText } = await readChange(
      session.hedge.payments.refund(id, params, options),
    )
    const refund = answer.refunds.at(-1)
    const amount = refund ? moneyOf(refund.amount, answer) : 'the amount'
    const state = refund ? ` Refund ${refund.id} is ${refund.status}.` : ''
    return {
      text: `${modeOf(answer)}: the refund of ${amount} is accepted.${state}\n${lineOf(answer)}${replayText}`,
      data: { payment: factsOfPayment(answer), refund: refund ?? null, replayed: isReplayed },
    }
  },
}

function findingOf(payment: Payment, amount: number | undefined): Finding {
  const left = refundableOf(payment)
  const wanted = amount ?? left
  if (wanted > left) {
    const text = `${moneyOf(wanted, payment)} is more than the remainder, ${moneyOf(left, payment)}.`
    return { action: 'refund', text, isImpossible: true }
  }
  const rest = moneyOf(left - wanted, payment)
  return {
    action: 'refund',
    text: `${moneyOf(wanted, payment)} would go back to the customer. ${rest} could be refunded later.`,
    data: { refund_amount: wanted, refund_text: moneyOf(wanted, payment) },
  }
}
