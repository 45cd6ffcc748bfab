import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { removeCommand } from './remove.ts'
import { setCommand } from './set.ts'
import { showCommand } from './show.ts'

/** `hedge processors`. */
export function processorsCommand(): Command {
  const command = new Command('processors')
    .description("show, set and remove the merchant's own processor, in the mode of the key")
    .addCommand(showCommand())
    .addCommand(setCommand())
    .addCommand(removeCommand())
  return withExamples(command, [['hedge processors show', 'show the processor of your merchant']])
}
