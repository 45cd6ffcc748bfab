import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import type { CopyOptions } from './copy.ts'

/** `hedge export`. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('export the whole database into a folder, as it is at one time')
    .argument('<folder>', 'a new folder, or an empty one')
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    .addHelpText(
      'after',
      `
For the server's operator. Servers may use the database meanwhile: a backup needs no pause. The
folder contains personal data and secrets, and only you can read it. HEDGE_ENCRYPTION_KEY is not part
of it: keep that elsewhere.`,
    )
    .action(async (folder: string, _options: CopyOptions, self: Command) => {
      // Imported here, because loading the server's code would slow down every other command.
      const [{ exportDatabase: run }, { copyDatabase }] = await Promise.all([
        import('@hedgepayments/server/admin'),
        import('./copy.ts'),
      ])
      await copyDatabase(self.optsWithGlobals<CopyOptions>(), { object: 'export', folder, run })
    })
  return withExamples(command, [
    ['hedge export backup-2030-06-15', 'back up the bundled database while the server runs'],
    ['hedge export --database postgres://localhost/hedge copy', 'export any database'],
  ])
}
