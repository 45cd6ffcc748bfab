import { Command } from 'commander'
import { withExamples } from '../../output/examples.ts'
import type { InitOptions } from './init-cluster.ts'

/** `hedge cluster`: a database that is distributed over several nodes. */
export function clusterCommand(): Command {
  const command = new Command('cluster')
    .description('distribute the database over the nodes of a Citus cluster')
    .addCommand(initCommand())
  return withExamples(command, [['hedge cluster init', 'distribute the database of DATABASE_URL']])
}

function initCommand(): Command {
  const command = new Command('init')
    .description('distribute the tables by merchant, with their rows')
    .option('--database <url>', 'the coordinator (default: DATABASE_URL)')
    .addHelpText(
      'after',
      `
For the server's operator. The database has the extension citus, and at least one worker unless the
coordinator takes shards. The command
migrates it, and then distributes the tables in one transaction: if it stops, run it again. Stop the
servers first, because the transaction locks all tables. A distributed database stays as it is.`,
    )
    .action(async (_options: InitOptions, self: Command) => {
      // Imported here, because loading the server's code would slow down every other command.
      const { initDatabase } = await import('./init-cluster.ts')
      await initDatabase(self.optsWithGlobals<InitOptions>())
    })
  return withExamples(command, [
    ['hedge cluster init', 'distribute the database of DATABASE_URL'],
    ['hedge cluster init --database postgres://coordinator/hedge', 'distribute any database'],
  ])
}
