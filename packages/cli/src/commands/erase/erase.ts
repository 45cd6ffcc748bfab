import { Command } from 'commander'
import { collect } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import type { EraseOptions } from './erase-customer.ts'

/** `hedge erase`. */
export function eraseCommand(): Command {
  const command = new Command('erase')
    .description("erase a customer's personal data, and keep the books whole")
    .requiredOption('--customer <id|email>', 'the customer; repeat it for further ones', collect)
    .requiredOption('--merchant <id>', 'the merchant whose customer it is')
    .option('--live', 'in live mode (default: test mode)')
    .option('--dry-run', 'only count what would be erased')
    .option('--yes', 'skip the confirmation')
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    .addHelpText(
      'after',
      `
For the server's operator. --customer is your id of the customer, an e-mail address, or the id of a
payment. Amounts, statuses, times, the ledger, the numbers of events and the audit log stay, and hedge
verify still passes. Servers may run meanwhile. If it stops, run it again: it goes on with the rest.

It changes nothing, and exits with 3, while a payment, checkout session or bulk cancellation of the customer
has not ended, or a payment is in dispute. The processor, your backups and your own systems have copies: erase
them there. There is no way back.`,
    )
    .action(async (_options: EraseOptions, self: Command) => {
      // Imported here, because loading the server's code would slow down every other command.
      const { eraseCustomerOf } = await import('./erase-customer.ts')
      await eraseCustomerOf(self.optsWithGlobals<EraseOptions>())
    })
  return withExamples(command, [
    ['hedge erase --customer ada@example.com --merchant merch_abc --live --dry-run', 'count first'],
    [
      'hedge erase --customer cus_1 --customer ada@example.com --merchant merch_abc --live',
      'erase',
    ],
  ])
}
