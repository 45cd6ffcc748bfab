import { resolutions } from '@hedgepayments/contract/values'
import type { Resolution } from '@hedgepayments/node'
import { Command, Option } from 'commander'
import { parseAmount, parseText } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { forEachPayment } from './each.ts'

interface ResolveOptions {
  as: Resolution
  reason: string
  amount?: number
  refund?: string
  dispute?: string
  idempotencyKey?: string
  yes?: boolean
}

/** `hedge payments resolve`. */
export function resolveCommand(): Command {
  const as = new Option('--as <resolution>', 'what to do, or what happened at the processor')
  const command = new Command('resolve')
    .description('resolve a payment that needs attention')
    .argument('<id>', 'the payment, pay_…')
    .addOption(as.choices([...resolutions]).makeOptionMandatory())
    .requiredOption('--reason <text>', 'how you know, for the event and the audit log', parseText)
    .option('--amount <minor>', 'with captured: the captured amount (default: all)', parseAmount)
    .option('--refund <id>', 'with refund_…: which pending refund', parseText)
    .option('--dispute <id>', 'with dispute_…: which open dispute', parseText)
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<ResolveOptions>(async (session, options, [id = '']) => {
        const { idempotencyKey, yes } = options
        const params = {
          resolution: options.as,
          reason: options.reason,
          amount: options.amount,
          refund_id: options.refund,
          dispute_id: options.dispute,
        }
        await forEachPayment(session, {
          ids: [id],
          idempotencyKey,
          confirm: { verb: 'resolves', word: 'resolve', yes },
          run: (each) => session.hedge.payments.resolve(each, params, { idempotencyKey }),
        })
      }),
    )
  return withExamples(command, [
    [
      'hedge payments resolve pay_abc123xyz --as captured --reason "paid, says Stripe"',
      'declare that the money was taken',
    ],
    [
      'hedge payments resolve pay_abc123xyz --as retry --reason "new key set"',
      'ask the processor again now',
    ],
  ])
}
