import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { createCommand } from './create.ts'
import { expireCommand } from './expire.ts'
import { getCommand } from './get.ts'

/** `hedge checkout`. */
export function checkoutCommand(): Command {
  const sessions = new Command('sessions')
    .description('create, show and expire checkout sessions')
    .addCommand(createCommand())
    .addCommand(getCommand())
    .addCommand(expireCommand())
  withExamples(sessions, [['hedge checkout sessions get cs_abc123xyz', 'show a session']])
  const command = new Command('checkout')
    .description('hosted payment pages, each for one payment')
    .addCommand(sessions)
  return withExamples(command, [
    ['hedge checkout sessions create --amount 9999 --currency USD', 'create a payment page'],
  ])
}
