import { formatWithCode } from '@hedgepayments/contract/amounts'
import type { Payment } from '@hedgepayments/node'
import { Command } from 'commander'
import { parseAmount } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { renderPaymentLine } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'
import { eachHelp, forEachPayment, idsHelp } from './each.ts'

interface CaptureOptions {
  amount?: number
  idempotencyKey?: string
  yes?: boolean
}

/** `hedge payments capture`. */
export function captureCommand(): Command {
  const command = new Command('capture')
    .description('capture initiated payments now, fully or in part')
    .argument('<ids...>', idsHelp)
    .option('--amount <minor>', 'of each, in minor units (default: the whole amount)', parseAmount)
    .option('--idempotency-key <key>', 'makes it safe to run this command again, for one payment')
    .option('--yes', 'skip the confirmation of live mode')
    .addHelpText('after', eachHelp)
    .action(
      withSession<CaptureOptions>(async (session, { amount, idempotencyKey, yes }, ids) => {
        await forEachPayment(session, {
          ids,
          idempotencyKey,
          confirm: { verb: 'captures', word: 'capture', yes },
          run: (id) => session.hedge.payments.capture(id, { amount }, { idempotencyKey }),
          renderLine: (payment) => renderCapture(payment, amount),
        })
      }),
    )
  return withExamples(command, [
    ['hedge payments capture pay_abc123xyz', 'capture the whole amount'],
    ['hedge payments capture pay_abc123xyz --amount 500', 'capture 5.00, and release the rest'],
    ['hedge payments capture - --yes < ids.txt', 'capture many, one a line'],
  ])
}

/** A line for each of several payments: how much of it is captured. */
function renderCapture(payment: Payment, amount: number | undefined): string {
  const line = renderPaymentLine(payment)
  if (amount === undefined || payment.captured_amount > 0) return line
  return `${line}, captures ${formatWithCode({ minor: amount, currency: payment.currency })}`
}
