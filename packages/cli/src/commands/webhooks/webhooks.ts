import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import { createCommand } from './create.ts'
import { deleteCommand } from './delete.ts'
import { deliveryCommand } from './deliveries/delivery.ts'
import { deliveriesCommand } from './deliveries/list.ts'
import { retryCommand } from './deliveries/retry.ts'
import { retryFailedCommand } from './deliveries/retry-failed.ts'
import { getCommand } from './get.ts'
import { listCommand } from './list.ts'
import { replayCommand } from './replay.ts'
import { rotateSecretCommand } from './rotate-secret.ts'
import { testCommand } from './test-event.ts'
import { updateCommand } from './update.ts'

/** `hedge webhooks`. */
export function webhooksCommand(): Command {
  const command = new Command('webhooks').description('manage webhook endpoints and deliveries')
  for (const subcommand of [
    createCommand(),
    getCommand(),
    listCommand(),
    updateCommand(),
    deleteCommand(),
    rotateSecretCommand(),
    deliveriesCommand(),
    deliveryCommand(),
    retryCommand(),
    retryFailedCommand(),
    replayCommand(),
    testCommand(),
  ]) {
    command.addCommand(subcommand)
  }
  return withExamples(command, [
    ['hedge webhooks create https://shop.example.com/webhooks', 'register an endpoint'],
    ['hedge webhooks deliveries --status failed', 'list failed deliveries'],
  ])
}
