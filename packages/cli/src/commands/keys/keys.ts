import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { createCommand } from './create.ts'
import { listCommand } from './list.ts'
import { revokeCommand } from './revoke.ts'

/** `hedge keys`. */
export function keysCommand(): Command {
  const command = new Command('keys')
    .description('create, list and revoke API key pairs')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand())
  return withExamples(command, [['hedge keys list', "list the key pairs of your key's mode"]])
}
