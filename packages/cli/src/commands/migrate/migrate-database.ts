import { migrate } from '@hedgepayments/server/admin'
import { openDatabase } from '../../open-database.ts'
import { toJson } from '../../output/json.ts'
import { print } from '../../output/terminal.ts'
import type { GlobalOptions } from '../../session.ts'

/** The options of `hedge migrate`. */
export interface MigrateOptions extends GlobalOptions {
  database?: string
}

/** Opens the database, migrates it and prints the migrations that were applied. */
export async function migrateDatabase(options: MigrateOptions): Promise<void> {
  const opened = await openDatabase({
    databaseUrl: options.database,
    dataDir: options.dataDir,
    maySpawn: true,
    mayCreate: true,
  })
  try {
    const applied = await migrate(opened.database)
    if (options.json) {
      print(toJson({ object: 'migration', applied }, 2))
      return
    }
    for (const name of applied) print(`applied  ${name}`)
    print(applied.length === 0 ? 'The database was migrated before.' : 'The database is migrated.')
  } finally {
    await opened.close()
  }
}
