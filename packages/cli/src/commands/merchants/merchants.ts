import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { createCommand } from './create.ts'
import { getCommand } from './get.ts'
import { mapCommand } from './map.ts'
import { moveCommand } from './move.ts'
import { updateCommand } from './update.ts'

/** `hedge merchants`. */
export function merchantsCommand(): Command {
  const command = new Command('merchants')
    .alias('merchant')
    .description('create, show, change and move merchants')
    .addCommand(createCommand())
    .addCommand(getCommand())
    .addCommand(updateCommand())
    .addCommand(moveCommand())
    .addCommand(mapCommand())
  return withExamples(command, [['hedge merchants get', 'show the merchant of your key']])
}
