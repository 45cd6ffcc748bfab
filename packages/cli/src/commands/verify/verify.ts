import { Command, Option } from 'commander'
import { parseTime } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import type { VerifyCommandOptions } from './verify-database.ts'

/** `hedge verify`. */
export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('verify the books of a deployment: timelines, tasks, refunds, the ledger')
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    .option('--merchant <id>', 'only this merchant (default: all)')
    .option('--processor', 'also look up each payment that has ended at its processor')
    .addOption(sinceOption())
    .option('--export-head <file>', 'write the signed heads of the chains into a new file')
    .option('--head <file>', 'check that the chains contain the heads of a file')
    .option('--public-key <key>', 'the key that must have signed the file of --head')
    .addHelpText(
      'after',
      `
For the server's operator. It only reads, but for --export-head, and servers may use the database meanwhile. Each line is ok,
warn or fail. After a fail come what was expected and what to do, with a few of the payments. The exit
code is 1 if a line is fail, else 0. See the guide: docs/verifying.md.`,
    )
    .action(async (_options: VerifyCommandOptions, self: Command) => {
      // Imported here, because loading the server's code would slow down every other command.
      const { verifyDatabase } = await import('./verify-database.ts')
      await verifyDatabase(self.optsWithGlobals<VerifyCommandOptions>())
    })
  return withExamples(command, [
    ['hedge verify', 'verify the database of DATABASE_URL, or the bundled one'],
    ['hedge verify --processor --since 7d', "compare the last week with the processor's books"],
    ['hedge verify --export-head heads-2030-06-15.json', 'keep the file elsewhere'],
    ['hedge verify --head heads-2030-06-15.json', 'is the history of that day still the same?'],
    ['hedge verify --merchant merch_1 --json | jq -e .ok', 'one merchant, for monitoring'],
  ])
}

function sinceOption(): Option {
  const formats = '2024-06-15, 2024-06-15T10:30:00Z, or an age like 24h or 7d'
  return new Option('--since <time>', `with --processor, payments created since: ${formats}`)
    .argParser(parseTime)
    .default({ secondsFromNow: -86_400 }, '24h')
}
