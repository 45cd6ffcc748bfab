import type { ReversedPayment } from '@hedgepayments/node'
import { Command } from 'commander'
import { confirmLive } from '../confirm.ts'
import { withExamples } from '../examples.ts'
import { parseAmount, parsePair } from '../filters.ts'
import { renderPayment } from '../payment-view.ts'
import { withSession } from '../session.ts'
import { say } from '../terminal.ts'

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
    .description('give money back')
    .argument('<id>', 'the payment, pay_…')
    .option('--amount <minor>', 'in minor units; without it, all that is left', parseAmount)
    .option('--reason <text>', 'for your records')
    .option('--metadata <key=value>', 'your own data; may be repeated', parsePair)
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--yes', 'do not ask in live mode')
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
    ['hedge payments refund pay_abc123xyz', 'all that is left'],
    ['hedge payments refund pay_abc123xyz --amount 500 --reason damaged', '5.00 of it'],
  ])
}

/** `hedge payments initiate`. */
export function initiateCommand(): Command {
  const command = new Command('initiate')
    .description('submit a payment to the processor')
    .argument('<id>', 'the payment, pay_…')
    .option('--token <token>', 'what to pay with, like tok_visa in test mode')
    .option('--yes', 'do not ask in live mode')
    .action(
      withSession<{ token?: string; yes?: boolean }>(async (session, options, [id = '']) => {
        const what = `this charges the customer of ${id}.`
        await confirmLive(session, { what, word: 'initiate', yes: options.yes })
        const params = { payment_method_token: options.token }
        session.show(await session.hedge.payments.initiate(id, params), renderPayment)
      }),
    )
  return withExamples(command, [
    ['hedge payments initiate pay_abc123xyz --token tok_visa', 'a test card that succeeds'],
  ])
}

/** `hedge payments reverse`. */
export function reverseCommand(): Command {
  const command = new Command('reverse')
    .description('cancel if it still can be, else refund what is left')
    .argument('<id>', 'the payment, pay_…')
    .option('--reason <text>', 'for your records')
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--yes', 'do not ask in live mode')
    .action(
      withSession<RefundOptions>(async (session, options, [id = '']) => {
        const { reason, idempotencyKey, yes } = options
        await confirmLive(session, { what: `this reverses ${id}.`, word: 'reverse', yes })
        const reversed = await session.hedge.payments.reverse(id, { reason }, { idempotencyKey })
        session.show(reversed, renderPayment)
        if (!session.json) say(reversals[reversed.reversal])
      }),
    )
  return withExamples(command, [
    ['hedge payments reverse pay_abc123xyz', 'take it back, whichever way that needs'],
  ])
}

const reversals: Readonly<Record<ReversedPayment['reversal'], string>> = {
  canceled: 'It was canceled: the customer is not charged.',
  refunded: 'It was refunded.',
  pending: 'It is being processed: it is taken back as soon as that is decided.',
}
