import type { ReversedPayment } from '@hedgepayments/node'
import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { renderPayment } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'
import { eachHelp, forEachPayment, idsHelp } from './each.ts'

interface ReverseOptions {
  reason?: string
  idempotencyKey?: string
  yes?: boolean
}

/** `hedge payments reverse`. */
export function reverseCommand(): Command {
  const command = new Command('reverse')
    .description('cancel payments, or refund their remainder if it is too late to cancel')
    .argument('<ids...>', idsHelp)
    .option('--reason <text>', 'for your records')
    .option('--idempotency-key <key>', 'makes it safe to run this command again, for one payment')
    .option('--yes', 'skip the confirmation of live mode')
    .addHelpText('after', eachHelp)
    .action(
      withSession<ReverseOptions>(async (session, options, ids) => {
        const { reason, idempotencyKey, yes } = options
        await forEachPayment(session, {
          ids,
          idempotencyKey,
          confirm: { verb: 'reverses', word: 'reverse', yes },
          run: (id) => session.hedge.payments.reverse(id, { reason }, { idempotencyKey }),
          render: (payment) => `${renderPayment(payment)}\n${reversalTexts[payment.reversal]}`,
        })
      }),
    )
  return withExamples(command, [
    ['hedge payments reverse pay_abc123xyz', 'return the money, by cancel or refund'],
    ['hedge payments reverse - --yes < ids.txt', 'reverse many, one a line'],
  ])
}

const reversalTexts: Readonly<Record<ReversedPayment['reversal'], string>> = {
  canceled: 'The payment is canceled. The customer is not charged.',
  refunded: 'The payment is refunded.',
  pending: 'The payment is processing. It will be reversed as soon as the processor has decided.',
}
