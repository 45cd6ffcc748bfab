import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { eachHelp, forEachPayment, idsHelp } from './each.ts'

/** `hedge payments get`. */
export function getCommand(): Command {
  const command = new Command('get')
    .description('show payments')
    .argument('<ids...>', idsHelp)
    .addHelpText('after', eachHelp)
    .action(
      withSession(async (session, _options, ids) => {
        await forEachPayment(session, { ids, run: (id) => session.hedge.payments.retrieve(id) })
      }),
    )
  return withExamples(command, [
    ['hedge payments get pay_abc123xyz', 'show a payment'],
    ['hedge payments get pay_abc123xyz --json | jq -r .status', 'print one field'],
    ['hedge payments get - < ids.txt', 'show many, one a line'],
  ])
}
