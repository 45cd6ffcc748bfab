import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { eachHelp, forEachPayment, idsHelp } from './each.ts'

interface CancelOptions {
  readonly reason?: string
  readonly idempotencyKey?: string
  readonly yes?: boolean
}

/** `hedge payments cancel`: payments by their ids. */
export function cancelCommand(): Command {
  const command = new Command('cancel')
    .description('cancel payments by their ids; see also cancel-many')
    .argument('<ids...>', idsHelp)
    .option('--reason <text>', 'for your records')
    .option('--yes', 'skip the confirmation of live mode')
    .option('--idempotency-key <key>', 'makes it safe to run this command again, for one payment')
    .addHelpText('after', eachHelp)
    .action(
      withSession<CancelOptions>(async (session, { reason, idempotencyKey, yes }, ids) => {
        await forEachPayment(session, {
          ids,
          idempotencyKey,
          confirm: { verb: 'cancels', word: 'cancel', yes },
          run: (id) => session.hedge.payments.cancel(id, { reason }, { idempotencyKey }),
        })
      }),
    )
  return withExamples(command, [
    ['hedge payments cancel pay_abc123xyz --reason customer_requested', 'cancel one payment'],
    ['hedge payments cancel - < ids.txt', 'cancel the payments of a file, one a line'],
  ])
}
