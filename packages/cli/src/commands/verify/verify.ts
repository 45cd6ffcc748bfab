import { Command, Option } from 'commander'
import { usageError } from '../../exit-codes.ts'
import { parseCount, parseTime } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { openSession } from '../../session.ts'
import type { VerifyCommandOptions } from './verify-database.ts'
import type { LoadCommandOptions } from './verify-load.ts'

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
    .option('--load', 'instead, judge the answers to concurrent requests for test payments')
    .option('--seconds <number>', 'the duration of the load (default: 30)', parseCount)
    .option('--concurrency <number>', 'requests of the load at a time (default: 8)', parseCount)
    .addHelpText(
      'after',
      `
For the server's operator. It only reads, but for --export-head, and servers may use the database meanwhile. Each line is ok,
warn or fail. After a fail come what was expected and what to do, with a few of the payments. The exit
code is 1 if a line is fail, else 0.

--load needs no database, but a running server and a secret key of test mode. It makes payments of its own,
cancels, captures, pays and reads them at the same time, and checks that one order of the requests explains
all answers. It then cancels what is still open.`,
    )
    .action(async (_options: VerifyCommandOptions, self: Command) => {
      // Imported here, because loading the server's code would slow down every other command.
      const options = self.optsWithGlobals<VerifyCommandOptions & Partial<LoadCommandOptions>>()
      if (self.opts<{ load?: boolean }>().load) {
        requireOnly(self, ['load', 'seconds', 'concurrency'])
        const { verifyLoad } = await import('./verify-load.ts')
        await verifyLoad(await openSession(self), { ...loadDefaults, ...options })
        return
      }
      requireOnly(self, databaseOptions)
      const { verifyDatabase } = await import('./verify-database.ts')
      await verifyDatabase(options)
    })
  return withExamples(command, [
    ['hedge verify', 'verify the database of DATABASE_URL, or the bundled one'],
    ['hedge verify --processor --since 7d', "compare the last week with the processor's books"],
    ['hedge verify --export-head heads-2030-06-15.json', 'keep the file elsewhere'],
    ['hedge verify --head heads-2030-06-15.json', 'is the history of that day still the same?'],
    ['hedge verify --load --seconds 60', 'are the answers of a running server true under load?'],
    ['hedge verify --merchant merch_1 --json | jq -e .ok', 'one merchant, for monitoring'],
  ])
}

const loadDefaults: LoadCommandOptions = { seconds: 30, concurrency: 8 }

/** The options that belong to the check of the database. */
const databaseOptions = [
  ...['database', 'merchant', 'processor', 'since', 'exportHead', 'head', 'publicKey'],
]

/** @throws {CliError} if an option was given that belongs to the other kind of check. */
function requireOnly(command: Command, names: readonly string[]): void {
  const isGiven = ({ attribute }: { attribute: string }) =>
    command.getOptionValueSource(attribute) === 'cli' && !names.includes(attribute)
  const wrong = command.options
    .map((option) => ({ attribute: option.attributeName(), flag: option.long }))
    .find(isGiven)
  if (wrong === undefined) return
  throw usageError(
    names.includes('load')
      ? `${wrong.flag} checks a database, and --load a running server: give one of them.`
      : `${wrong.flag} needs --load.`,
  )
}

function sinceOption(): Option {
  const formats = '2024-06-15, 2024-06-15T10:30:00Z, or an age like 24h or 7d'
  return new Option('--since <time>', `with --processor, payments created since: ${formats}`)
    .argParser(parseTime)
    .default({ secondsFromNow: -86_400 }, '24h')
}
