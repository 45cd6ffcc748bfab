import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { getCommand } from './get.ts'
import { listCommand } from './list.ts'

/** `hedge disputes`. */
export function disputesCommand(): Command {
  const command = new Command('disputes')
    .description('find disputed payments, and deadlines for evidence')
    .addCommand(listCommand())
    .addCommand(getCommand())
  return withExamples(command, [
    ['hedge disputes list --status needs_response', 'list disputes that wait for your evidence'],
    ['hedge disputes get dp_abc123xyz', 'show a dispute'],
  ])
}
