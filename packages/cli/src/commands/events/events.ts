import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { getCommand } from './get.ts'
import { listCommand } from './list.ts'
import { tailCommand } from './tail.ts'

/** `hedge events`. */
export function eventsCommand(): Command {
  const command = new Command('events')
    .description('list and watch events')
    .addCommand(listCommand())
    .addCommand(getCommand())
    .addCommand(tailCommand())
  return withExamples(command, [['hedge events tail', 'watch events']])
}
