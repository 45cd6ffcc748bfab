import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { createCommand } from './create.ts'
import { getCommand } from './get.ts'
import { updateCommand } from './update.ts'

/** `hedge merchants`. */
export function merchantsCommand(): Command {
  const command = new Command('merchants')
    .description('create, show and change merchants')
    .addCommand(createCommand())
    .addCommand(getCommand())
    .addCommand(updateCommand())
  return withExamples(command, [['hedge merchants get', 'show the merchant of your key']])
}
