import {
  AddressError,
  connect,
  type Database,
  findMerchant,
  findRunningPostgres,
  hasBundledPostgres,
  isMigrated,
  startBundledPostgres,
} from '@hedgepayments/server/admin'
import { readVariable, requireValue } from './environment.ts'
import { CliError, exitCodes } from './exit-codes.ts'

/** The server's database, opened for its operator. */
export interface OpenDatabase {
  readonly database: Database
  /** The database's source, without passwords. */
  readonly name: string
  /** Whether it is the bundled one, whose files are on this machine. */
  readonly isBundled: boolean
  close(): Promise<void>
}

/**
 * Opens the given database, else that of DATABASE_URL, else the bundled one. If the bundled PostgreSQL
 * does not run and `maySpawn` is set, starts it until `close`.
 *
 * @throws {CliError} if DATABASE_URL is set but empty, there is no database, or it is unreachable.
 */
export async function openDatabase(options: {
  databaseUrl: string | undefined
  dataDir: string
  maySpawn: boolean
  /** Whether a missing bundled database is created. Only with `maySpawn`. */
  mayCreate?: boolean
}): Promise<OpenDatabase> {
  const { dataDir } = options
  requireValue(options.databaseUrl, '--database')
  requireValue(dataDir, '--data-dir or HEDGE_DATA_DIR')
  const url = options.databaseUrl ?? readVariable(process.env, 'DATABASE_URL')
  const bundled = url === undefined ? await findBundled(options) : null
  const address = url ?? bundled?.url ?? ''
  const database = open(address)
  const close = async () => {
    await database.close()
    await bundled?.stop()
  }
  try {
    await database.checkSessions()
  } catch (cause) {
    await close()
    const message = `Cannot reach the database: ${(cause as Error).message || 'no connection'}.`
    throw new CliError(exitCodes.connection, 'no_database', message)
  }
  return {
    database,
    name: url
      ? `reachable, by ${options.databaseUrl ? '--database' : 'DATABASE_URL'}`
      : `bundled, in ${dataDir}`,
    isBundled: url === undefined,
    close,
  }
}

function open(url: string): Database {
  try {
    return connect({ url, onError: () => undefined })
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    const message = `The database URL is wrong: ${error.message}`
    throw new CliError(exitCodes.usage, 'invalid_database', message)
  }
}

/** @throws {CliError} if the tables are older than this program. */
export async function requireMigrated({ database }: OpenDatabase): Promise<void> {
  if (await isMigrated(database.db)) return
  const message = 'The database is not migrated. Start the server on it once.'
  throw new CliError(exitCodes.error, 'not_migrated', message)
}

/**
 * Opens the database as `openDatabase` does, and closes it after `work`. Starts the bundled PostgreSQL if it
 * does not run.
 *
 * @throws {CliError} if it cannot be opened, or its tables are older than this program.
 */
export async function withDatabase(
  { database: databaseUrl, dataDir }: { database?: string; dataDir: string },
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const opened = await openDatabase({ databaseUrl, dataDir, maySpawn: true })
  try {
    await requireMigrated(opened)
    await work(opened.database)
  } finally {
    await opened.close()
  }
}

/** @throws {CliError} if the database has no merchant with the id of --merchant. */
export async function requireMerchant({ db }: Database, merchant: string): Promise<void> {
  if ((await findMerchant(db, merchant)) !== undefined) return
  const message = `The database has no merchant ${merchant}, which --merchant names.`
  throw new CliError(exitCodes.notFound, 'merchant_not_found', message)
}

async function findBundled({
  dataDir,
  maySpawn,
  mayCreate = false,
}: {
  dataDir: string
  maySpawn: boolean
  mayCreate?: boolean
}): Promise<{ url: string; stop(): Promise<void> }> {
  // Check first, because the next calls would create the folders.
  if (!mayCreate && !(await hasBundledPostgres(dataDir))) {
    const message = `No database: DATABASE_URL is not set, and ${dataDir} contains no bundled database.`
    throw new CliError(exitCodes.notFound, 'no_database', message)
  }
  const running = await findRunningPostgres(dataDir)
  if (running !== null) return { url: running, stop: () => Promise.resolve() }
  if (!maySpawn) {
    const message = `The bundled database in ${dataDir} is not running. Start the server.`
    throw new CliError(exitCodes.connection, 'no_database', message)
  }
  return await startBundledPostgres({ dataDir, log: () => undefined })
}
