import { Command } from 'commander'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { renderSession } from './session-view.ts'

interface ExpireOptions {
  idempotencyKey?: string
  yes?: boolean
}

/** `hedge checkout sessions expire`. */
export function expireCommand(): Command {
  const command = new Command('expire')
    .description('expire an open checkout session and cancel its open payment')
    .argument('<id>', 'the session, cs_…')
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<ExpireOptions>(async (session, { idempotencyKey, yes }, [id = '']) => {
        await confirmLive(session, { what: `this expires ${id}.`, word: 'expire', yes })
        const { sessions } = session.hedge.checkout
        session.show(await sessions.expire(id, { idempotencyKey }), renderSession)
      }),
    )
  return withExamples(command, [['hedge checkout sessions expire cs_abc123xyz', 'close its page']])
}
