import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { eachHelp, forEachPayment, idsHelp } from './each.ts'

interface InitiateOptions {
  token?: string
  idempotencyKey?: string
  yes?: boolean
}

/** `hedge payments initiate`. */
export function initiateCommand(): Command {
  const command = new Command('initiate')
    .description('initiate payments at the processor')
    .argument('<ids...>', idsHelp)
    .option('--token <token>', 'the payment method, like tok_visa in test mode')
    .option('--idempotency-key <key>', 'makes it safe to run this command again, for one payment')
    .option('--yes', 'skip the confirmation of live mode')
    .addHelpText('after', eachHelp)
    .action(
      withSession<InitiateOptions>(async (session, options, ids) => {
        const { token, idempotencyKey, yes } = options
        await forEachPayment(session, {
          ids,
          idempotencyKey,
          confirm: { verb: 'charges the customer of', word: 'initiate', yes },
          run: (id) =>
            session.hedge.payments.initiate(
              id,
              { payment_method_token: token },
              { idempotencyKey },
            ),
        })
      }),
    )
  return withExamples(command, [
    ['hedge payments initiate pay_abc123xyz --token tok_visa', 'pay with a test card'],
  ])
}
