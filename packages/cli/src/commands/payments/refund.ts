import { Command } from 'commander'
import { parseAmount, parsePair } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { eachHelp, forEachPayment, idsHelp } from './each.ts'

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
    .description('refund payments, fully or in part')
    .argument('<ids...>', idsHelp)
    .option('--amount <minor>', 'of each, in minor units (default: the remainder)', parseAmount)
    .option('--reason <text>', 'for your records')
    .option('--metadata <key=value>', 'your own data; repeatable', parsePair)
    .option('--idempotency-key <key>', 'makes it safe to run this command again, for one payment')
    .option('--yes', 'skip the confirmation of live mode')
    .addHelpText('after', eachHelp)
    .action(
      withSession<RefundOptions>(async (session, options, ids) => {
        const { amount, reason, metadata, idempotencyKey, yes } = options
        const params = { amount, reason, metadata }
        await forEachPayment(session, {
          ids,
          idempotencyKey,
          confirm: { verb: 'refunds', word: 'refund', yes },
          run: (id) => session.hedge.payments.refund(id, params, { idempotencyKey }),
        })
      }),
    )
  return withExamples(command, [
    ['hedge payments refund pay_abc123xyz', 'refund the whole remainder'],
    ['hedge payments refund pay_abc123xyz --amount 500 --reason damaged', 'refund 5.00'],
    ['hedge payments refund - --yes < ids.txt', 'refund many, one a line'],
  ])
}
