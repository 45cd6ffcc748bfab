import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { renderSession } from './session-view.ts'

/** `hedge checkout sessions get`. */
export function getCommand(): Command {
  const command = new Command('get')
    .description('show a checkout session')
    .argument('<id>', 'the session, cs_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        session.show(await session.hedge.checkout.sessions.retrieve(id), renderSession)
      }),
    )
  return withExamples(command, [['hedge checkout sessions get cs_abc123xyz', 'show a session']])
}
