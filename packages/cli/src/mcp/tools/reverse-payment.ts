import type { Payment, ReversedPayment } from '@hedgepayments/node'
import { paymentId, reason } from '../arguments.ts'
import { type Change, readChange } from '../change.ts'
import { factsOfPayment, lineOf, moneyOf, refundableOf } from '../payment-facts.ts'
import { modeOf } from '../results.ts'
import { planFor } from './plan.ts'

const shape = { payment_id: paymentId, reason }

/** `reverse_payment`, and its dry run. */
export const reversePayment: Change<typeof shape> = {
  name: 'reverse_payment',
  title: 'Reverse a payment',
  description: 'Cancels a payment, or refunds its remainder if it is too late to cancel.',
  shape,
  plan: (context, { payment_id: id }) =>
    planFor(context, id, (payment) => ({ action: 'reverse', text: wouldBe(payment) })),
  async execute({ session }, args, { options }) {
    const { payments } = session.hedge
    const request = payments.reverse(args.payment_id, { reason: args.reason }, options)
    const { answer, isReplayed, replayText } = await readChange(request)
    const { reversal } = answer
    return {
      text: `${modeOf(answer)}: ${reversals[reversal]}\n${lineOf(answer)}${replayText}`,
      data: { payment: factsOfPayment(answer), reversal, replayed: isReplayed },
    }
  },
}

function wouldBe(payment: Payment): string {
  if (payment.cancelable) return 'It would be canceled. The customer is not charged.'
  if (payment.status === 'processing') {
    return 'It is processing. If it succeeds, all that it took would be refunded.'
  }
  const left = moneyOf(refundableOf(payment), payment)
  return `It is too late to cancel. ${left} would be refunded.`
}

const reversals: Readonly<Record<ReversedPayment['reversal'], string>> = {
  canceled: 'the payment is canceled. The customer is not charged.',
  refunded: 'the payment is refunded.',
  pending: 'the payment is processing. It is reversed as soon as the processor has decided.',
}
