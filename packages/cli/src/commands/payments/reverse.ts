import type { ReversedPayment } from '@hedgepayments/node'
import { Command } from 'commander'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { renderPayment } from '../../output/payment-view.ts'
import { say } from '../../output/terminal.ts'
import { withSession } from '../../session.ts'

interface ReverseOptions {
  reason?: string
  idempotencyKey?: string
  yes?: boolean
}

/** `hedge payments reverse`. */
export function reverseCommand(): Command {
  const command = new Command('reverse')
    .description('cancel a payment, or refund its remainder if it is too late to cancel')
    .argument('<id>', 'the payment, pay_…')
    .option('--reason <text>', 'for your records')
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<ReverseOptions>(async (session, options, [id = '']) => {
        const { reason, idempotencyKey, yes } = options
        await confirmLive(session, { what: `this reverses ${id}.`, word: 'reverse', yes })
        const reversed = await session.hedge.payments.reverse(id, { reason }, { idempotencyKey })
        session.show(reversed, renderPayment)
        if (!session.json) say(reversalTexts[reversed.reversal])
      }),
    )
  return withExamples(command, [
    ['hedge payments reverse pay_abc123xyz', 'return the money, by cancel or refund'],
  ])
}

const reversalTexts: Readonly<Record<ReversedPayment['reversal'], string>> = {
  canceled: 'The payment is canceled. The customer is not charged.',
  refunded: 'The payment is refunded.',
  pending: 'The payment is processing. It will be reversed as soon as the processor has decided.',
}
