import {
  type Check,
  diagnoseDatabase,
  findPostgresFolder,
  readSettingsOf,
} from '@hedgepayments/server/admin'
import { type OpenDatabase, openDatabase } from '../open-database.ts'
import { factsOf } from '../output/report-error.ts'
import type { GlobalOptions } from '../session.ts'
import type { Environment } from './settings.ts'

/** Checks that the database is reachable, and then all of it: see `diagnoseDatabase`. */
export async function* checkDatabase(
  options: GlobalOptions & { database?: string; settings?: string; production?: boolean },
  env: Environment,
): AsyncGenerator<Check> {
  const databaseUrl = options.database ?? (env.DATABASE_URL?.trim() || undefined)
  let opened: OpenDatabase
  try {
    opened = await openDatabase({ databaseUrl, dataDir: options.dataDir, maySpawn: false })
  } catch (error) {
    const { code, message } = factsOf(error)
    yield {
      name: 'database',
      status: databaseUrl !== undefined || code !== 'no_database' ? 'fail' : 'warn',
      found: message,
      expected: 'a database that can be reached',
      action: 'start PostgreSQL, and check DATABASE_URL, its password and the network',
    }
    return
  }
  try {
    yield {
      name: 'database',
      status: 'ok',
      found: nameOf(opened, options),
      expected: null,
      action: null,
    }
    const config = readSettingsOf(env)
    const hasConfig = !(config instanceof Error)
    yield* diagnoseDatabase({
      database: opened.database,
      folder: opened.isBundled ? await findPostgresFolder(options.dataDir) : null,
      isProduction: options.production === true,
      sealingKeys: {
        current: hasConfig ? config.encryptionKey : null,
        previous: hasConfig ? config.encryptionKeyPrevious : null,
      },
    })
  } finally {
    await opened.close()
  }
}

function nameOf(
  { isBundled, name }: OpenDatabase,
  { database, settings }: { database?: string; settings?: string },
): string {
  if (isBundled) return name
  const given = settings === undefined ? 'DATABASE_URL' : '--settings'
  return `reachable, by ${database === undefined ? given : '--database'}`
}
