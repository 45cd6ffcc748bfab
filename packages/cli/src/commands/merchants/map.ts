import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import type { GlobalOptions } from '../../session.ts'
import { parseCell } from './parse-cell.ts'

interface MapOptions extends GlobalOptions {
  database?: string
  cell: string
  merchant?: string
}

/** `hedge merchants map`. */
export function mapCommand(): Command {
  const command = new Command('map')
    .description("print the lines of a cell's keys for the map of a proxy")
    .requiredOption('--cell <name>', 'the backend of the cell in the proxy', parseCell)
    .option('--database <url>', 'the database (default: DATABASE_URL, else the bundled one)')
    .option('--merchant <id>', 'the keys of one merchant, merch_…')
    .addHelpText(
      'after',
      `
For the operator of several cells. Each line has the SHA-256 of a secret key, in hexadecimal digits, and
the cell. Keys that are revoked, and those of merchants that are moving or have moved, are left out.`,
    )
    .action(async (_options: MapOptions, self: Command) => {
      const options = self.optsWithGlobals<MapOptions>()
      // Imported here, because loading the server's code would slow down every other command.
      const [{ openDatabase, requireMigrated }, { printMap }] = await Promise.all([
        import('../../open-database.ts'),
        import('./move-merchant.ts'),
      ])
      const opened = await openDatabase({
        ...{ databaseUrl: options.database, dataDir: options.dataDir, maySpawn: true },
      })
      try {
        await requireMigrated(opened)
        await printMap(opened, { merchantId: options.merchant ?? null, cell: options.cell })
      } finally {
        await opened.close()
      }
    })
  return withExamples(command, [
    ['hedge merchants map --cell cell_a > cells.map', 'the map of all keys of a cell'],
  ])
}
