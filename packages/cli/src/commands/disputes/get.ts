import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { renderDispute } from './view.ts'

/** `hedge disputes get`. */
export function getCommand(): Command {
  const command = new Command('get')
    .description('show a dispute')
    .argument('<id>', 'the dispute, dp_…')
    .action(
      withSession(async (session, _options, [id = '']) => {
        session.show(await session.hedge.disputes.retrieve(id), renderDispute)
      }),
    )
  return withExamples(command, [
    ['hedge disputes get dp_abc123xyz', 'show a dispute'],
    ['hedge disputes get dp_abc123xyz --json | jq -r .evidence_due_by', 'print the deadline'],
  ])
}
