import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import type { ResealOptions } from './reseal-database.ts'

/** `hedge reseal`. */
export function resealCommand(): Command {
  const command = new Command('reseal')
    .description('seal every stored secret with the current encryption key')
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    .addHelpText(
      'after',
      `
For the server's operator, after a change of HEDGE_ENCRYPTION_KEY. Servers may run meanwhile. Run it
with the server's HEDGE_ENCRYPTION_KEY and HEDGE_ENCRYPTION_KEY_PREVIOUS, and only when every server
has both: one that has only the old key cannot read what the new one seals. If it stops, run it again.
It exits with 1 while a secret is left that it cannot read.`,
    )
    .action(async (_options: ResealOptions, self: Command) => {
      // Imported here, because loading the server's code would slow down every other command.
      const { resealDatabase } = await import('./reseal-database.ts')
      await resealDatabase(self.optsWithGlobals<ResealOptions>())
    })
  return withExamples(command, [
    ['hedge reseal', 'finish a change of the encryption key'],
    ['hedge reseal --database postgres://localhost/hedge --json', 'the same for a script'],
  ])
}
