import type { Payment } from '@hedgepayments/node'
import { z } from 'zod'
import { paymentId } from '../arguments.ts'
import { type Change, readChange } from '../change.ts'
import { factsOfPayment, lineOf, moneyOf } from '../payment-facts.ts'
import { modeOf } from '../results.ts'
import { type Finding, planFor } from './plan.ts'

const shape = {
  payment_id: paymentId,
  amount: z
    .int()
    .min(1)
    .optional()
    .describe('In minor units: 500 is 5.00 USD, or 500 JPY. Default: the whole amount.'),
}

/** `capture_payment`, and its dry run. */
export const capturePayment: Change<typeof shape> = {
  name: 'capture_payment',
  title: 'Capture a payment',
  description:
    'Takes the money of an initiated payment now, or a part of it and releases the rest. It cannot be ' +
    'canceled afterwards.',
  shape,
  plan: (context, { payment_id: id, amount }) =>
    planFor(context, id, (payment) => findingOf(payment, amount)),
  async execute({ session }, { payment_id: id, ...params }, { options }) {
    const { answer, isReplayed, replayText } = await readChange(
      session.hedge.payments.capture(id, params, options),
    )
    const amount = moneyOf(params.amount ?? answer.amount, answer)
    return {
      text: `${modeOf(answer)}: the capture of ${amount} is accepted.\n${lineOf(answer)}${replayText}`,
      data: { payment: factsOfPayment(answer), replayed: isReplayed },
    }
  },
}

function findingOf(payment: Payment, amount = payment.amount): Finding {
  const wanted = moneyOf(amount, payment)
  if (amount > payment.amount) {
    const text = `${wanted} is more than the amount, ${moneyOf(payment.amount, payment)}.`
    return { action: 'capture', text, isImpossible: true }
  }
  const rest = payment.amount - amount
  const released = rest > 0 ? ` ${moneyOf(rest, payment)} would be released for good.` : ''
  return {
    action: 'capture',
    text: `${wanted} would be taken from the customer. It could not be canceled any more.${released}`,
    data: { capture_amount: amount, capture_text: wanted },
  }
}
