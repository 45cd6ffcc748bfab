import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { renderPayment } from '../../output/payment-view.ts'
import { withSession } from '../../session.ts'

/** `hedge payments get`. */
export function getCommand(): Command {
  const command = new Command('get')
    .description('show a payment')
    .argument('<id>', 'the payment, pay_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        session.show(await session.hedge.payments.retrieve(id), renderPayment)
      }),
    )
  return withExamples(command, [
    ['hedge payments get pay_abc123xyz', 'show a payment'],
    ['hedge payments get pay_abc123xyz --json | jq -r .status', 'print one field'],
  ])
}
