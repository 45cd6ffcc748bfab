import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import type { CopyOptions } from './copy.ts'

/** `hedge import`. */
export function importCommand(): Command {
  const command = new Command('import')
    .description('import an export into a database without data, and verify every table')
    .argument('<folder>', 'the folder of hedge export')
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    .addHelpText(
      'after',
      `
For the server's operator. The import creates the tables. Each table is compared with the export by
the number of its rows and a hash of them. If the import fails, run it again: it continues with the
table that is not complete. Until it has ended, no server starts on the database.`,
    )
    .action(async (folder: string, _options: CopyOptions, self: Command) => {
      // Imported here, because loading the server's code would slow down every other command.
      const [{ importDatabase: run }, { copyDatabase }] = await Promise.all([
        import('@hedgepayments/server/admin'),
        import('./copy.ts'),
      ])
      await copyDatabase(self.optsWithGlobals<CopyOptions>(), { object: 'import', folder, run })
    })
  return withExamples(command, [
    ['hedge import --database postgres://localhost/hedge copy', 'move to your own PostgreSQL'],
    ['hedge import --data-dir restored backup-2030-06-15', 'restore into a new data folder'],
  ])
}
