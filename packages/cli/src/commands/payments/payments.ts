import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { attentionCommand } from './attention.ts'
import { cancelCommand } from './cancel.ts'
import { cancelManyCommand } from './cancel-many.ts'
import { captureCommand } from './capture.ts'
import { createCommand } from './create.ts'
import { timelineCommand } from './events.ts'
import { getCommand } from './get.ts'
import { initiateCommand } from './initiate.ts'
import { listCommand } from './list.ts'
import { refundCommand } from './refund.ts'
import { resolveCommand } from './resolve.ts'
import { reverseCommand } from './reverse.ts'

/** `hedge payments`. */
export function paymentsCommand(): Command {
  const command = new Command('payments').description('create, find, cancel and refund payments')
  for (const subcommand of [
    createCommand(),
    getCommand(),
    listCommand(),
    cancelCommand(),
    cancelManyCommand(),
    captureCommand(),
    refundCommand(),
    initiateCommand(),
    reverseCommand(),
    timelineCommand(),
    attentionCommand(),
    resolveCommand(),
  ]) {
    command.addCommand(subcommand)
  }
  return withExamples(command, [
    ['hedge payments list --status pending', 'list cancelable payments'],
    ['hedge payments cancel pay_abc123xyz', 'cancel one payment'],
    ['hedge payments cancel-many --created-before 24h', 'count many payments, then cancel them'],
  ])
}
