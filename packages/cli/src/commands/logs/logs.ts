import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { tailCommand } from './tail.ts'

/** `hedge logs`. */
export function logsCommand(): Command {
  const command = new Command('logs')
    .description('watch what happens: events and the audit log')
    .addCommand(tailCommand())
  return withExamples(command, [['hedge logs tail', 'watch until Ctrl-C']])
}
