import {
  findRunningPostgres,
  hasBundledPostgres,
  startBundledPostgres,
} from '@hedgepayments/bundled-postgres'
import { AddressError, connect, type Database, isMigrated } from '@hedgepayments/server/admin'
import { CliError, exitCodes } from './exit-codes.ts'

/** The server's database, opened for its operator. */
export interface OpenDatabase {
  readonly database: Database
  /** Which it is, without passwords. */
  readonly name: string
  close(): Promise<void>
}

/**
 * Opens the database that is named, else that of DATABASE_URL, else the bundled one: as one more
 * client of a server that runs, or, with `maySpawn`, by starting it for as long as it is needed.
 * Throws CliError when there is none, or when it is not this version's.
 */
export async function openDatabase(options: {
  databaseUrl: string | undefined
  dataDir: string
  maySpawn: boolean
}): Promise<OpenDatabase> {
  const { dataDir } = options
  const url = options.databaseUrl ?? (process.env.DATABASE_URL?.trim() || undefined)
  const bundled = url === undefined ? await findBundled(dataDir, options.maySpawn) : null
  const address = url ?? bundled?.url ?? ''
  const database = open(address)
  const close = async () => {
    await database.close()
    await bundled?.stop()
  }
  try {
    await database.pool.query('select 1')
  } catch (cause) {
    await close()
    const message = `Cannot reach the database: ${(cause as Error).message || 'no connection'}.`
    throw new CliError(exitCodes.connection, 'no_database', message)
  }
  return {
    database,
    name: url
      ? `reached, as ${options.databaseUrl ? 'named' : 'DATABASE_URL says'}`
      : `bundled, in ${dataDir}`,
    close,
  }
}

function open(url: string): Database {
  try {
    return connect({ url, onError: () => undefined })
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    const message = `The address of the database: ${error.message}`
    throw new CliError(exitCodes.usage, 'invalid_database', message)
  }
}

/** Throws CliError where the tables are older than this program. */
export async function requireMigrated({ database }: OpenDatabase): Promise<void> {
  if (await isMigrated(database.db)) return
  const message = 'The database is not up to date: start the server on it once.'
  throw new CliError(exitCodes.error, 'not_migrated', message)
}

async function findBundled(
  dataDir: string,
  maySpawn: boolean,
): Promise<{ url: string; stop(): Promise<void> }> {
  // Before anything that would create the folders.
  if (!(await hasBundledPostgres(dataDir))) {
    const message = `There is no database: no DATABASE_URL, and no server ever ran in ${dataDir}.`
    throw new CliError(exitCodes.notFound, 'no_database', message)
  }
  const running = await findRunningPostgres(dataDir)
  if (running !== null) return { url: running, stop: () => Promise.resolve() }
  if (!maySpawn) {
    const message = `The bundled database in ${dataDir} does not run: start the server.`
    throw new CliError(exitCodes.connection, 'no_database', message)
  }
  return await startBundledPostgres({ dataDir, log: () => undefined })
}
