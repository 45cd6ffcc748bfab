import { paymentId, reason } from '../arguments.ts'
import { type Change, readChange } from '../change.ts'
import { factsOfPayment, lineOf } from '../payment-facts.ts'
import { modeOf } from '../results.ts'
import { planFor } from './plan.ts'

const shape = { payment_id: paymentId, reason }

/** `cancel_payment`, and its dry run. */
export const cancelPayment: Change<typeof shape> = {
  name: 'cancel_payment',
  title: 'Cancel a payment',
  description:
    'Cancels a payment that is pending or initiated, for good. The customer is not charged.',
  shape,
  plan: (context, { payment_id: id }) =>
    planFor(context, id, (payment) => ({
      action: 'cancel',
      text: `It would be canceled for good, from the status ${payment.status}. The customer is not charged.`,
    })),
  async execute({ session }, args, { options }) {
    const { payments } = session.hedge
    const request = payments.cancel(args.payment_id, { reason: args.reason }, options)
    const { answer, isReplayed, replayText } = await readChange(request)
    return {
      text: `${modeOf(answer)}: canceled. The customer is not charged.\n${lineOf(answer)}${replayText}`,
      data: { payment: factsOfPayment(answer), replayed: isReplayed },
    }
  },
}
