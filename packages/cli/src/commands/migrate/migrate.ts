import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import type { MigrateOptions } from './migrate-database.ts'

/** `hedge migrate`. */
export function migrateCommand(): Command {
  const command = new Command('migrate')
    .description("migrate the database to this version, before this version's servers start")
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    .addHelpText(
      'after',
      `
For the server's operator. A server migrates by itself at its start, so this is for those who want to
do it apart, such as a Job of Kubernetes. Servers of the previous version may run meanwhile. Several
runs at once are safe: one migrates, the others wait for it. If it stops, run it again.`,
    )
    .action(async (_options: MigrateOptions, self: Command) => {
      // Imported here, because loading the server's code would slow down every other command.
      const { migrateDatabase } = await import('./migrate-database.ts')
      await migrateDatabase(self.optsWithGlobals<MigrateOptions>())
    })
  return withExamples(command, [
    ['hedge migrate', 'migrate the database of DATABASE_URL, else the bundled one'],
    ['hedge migrate --database postgres://localhost/hedge', 'migrate any database'],
  ])
}
