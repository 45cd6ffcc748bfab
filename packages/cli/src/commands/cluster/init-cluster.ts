import { ClusterError, initCluster, migrate } from '@hedgepayments/server/admin'
import { CliError, exitCodes } from '../../exit-codes.ts'
import { openDatabase } from '../../open-database.ts'
import { toJson } from '../../output/json.ts'
import { print } from '../../output/terminal.ts'
import type { GlobalOptions } from '../../session.ts'

/** The options of `hedge cluster init`. */
export interface InitOptions extends GlobalOptions {
  database?: string
}

/** Migrates the database, distributes its tables, and prints what was done. */
export async function initDatabase(options: InitOptions): Promise<void> {
  const opened = await openDatabase({
    databaseUrl: options.database,
    dataDir: options.dataDir,
    maySpawn: false,
  })
  try {
    await migrate(opened.database)
    const { version, workers, isNew } = await initCluster(opened.database)
    if (options.json) {
      print(toJson({ object: 'cluster', engine: 'citus', version, workers, is_new: isNew }, 2))
      return
    }
    print(`citus    ${version}`)
    print(`workers  ${workers}`)
    print(
      isNew
        ? 'The tables are distributed. Start the servers.'
        : 'The tables were distributed before.',
    )
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error
    throw new CliError(exitCodes.error, 'no_cluster', error.message)
  } finally {
    await opened.close()
  }
}
