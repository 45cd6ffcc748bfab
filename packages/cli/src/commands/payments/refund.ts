import { Command } from 'commander'
import { parseAmount, parsePair } from '../../options/parse.ts'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { renderPayment } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'

interface RefundOptions {
  amount?: number
  reason?: string
  metadata?: Record<string, string>
  idempotencyKey?: string
  yes?: boolean
}

/** `hedge payments refund`. */
export function refundCommand(): Command {
  const command = new Command('refund')
    .description('refund a payment, fully or in part')
    .argument('<id>', 'the payment, pay_…')
    .option('--amount <minor>', 'in minor units (default: the whole remainder)', parseAmount)
    .option('--reason <text>', 'for your records')
    .option('--metadata <key=value>', 'your own data; repeatable', parsePair)
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<RefundOptions>(async (session, options, [id = '']) => {
        const { amount, reason, metadata, idempotencyKey, yes } = options
        await confirmLive(session, { what: `this refunds ${id}.`, word: 'refund', yes })
        const params = { amount, reason, metadata }
        session.show(
          await session.hedge.payments.refund(id, params, { idempotencyKey }),
          renderPayment,
        )
      }),
    )
  return withExamples(command, [
    ['hedge payments refund pay_abc123xyz', 'refund the whole remainder'],
    ['hedge payments refund pay_abc123xyz --amount 500 --reason damaged', 'refund 5.00'],
  ])
}
