import { Command } from 'commander'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { renderPayment } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'

/** `hedge payments initiate`. */
export function initiateCommand(): Command {
  const command = new Command('initiate')
    .description('initiate a payment at the processor')
    .argument('<id>', 'the payment, pay_…')
    .option('--token <token>', 'the payment method, like tok_visa in test mode')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<{ token?: string; yes?: boolean }>(async (session, options, [id = '']) => {
        const what = `this charges the customer of ${id}.`
        await confirmLive(session, { what, word: 'initiate', yes: options.yes })
        const params = { payment_method_token: options.token }
        session.show(await session.hedge.payments.initiate(id, params), renderPayment)
      }),
    )
  return withExamples(command, [
    ['hedge payments initiate pay_abc123xyz --token tok_visa', 'pay with a test card'],
  ])
}
