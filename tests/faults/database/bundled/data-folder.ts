import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import {
  canEnter,
  chooseAccount,
} from '../../../../packages/bundled-postgres/src/processes/account.ts'
import {
  type BundledPostgres,
  startBundledPostgres,
} from '../../../../packages/bundled-postgres/src/start.ts'
import {
  end,
  postgresPid,
  query,
  removeData,
  type Started,
  startServer,
} from '../../../support/databases/postgres-server.ts'

export const isRoot = process.getuid?.() === 0
/** The account that PostgreSQL runs as; undefined when nobody but this user can run it. */
export const account = await chooseAccount()
/** Whether servers can be started as the account too. */
export const canDropToAccount =
  isRoot && (await canEnter(account, import.meta.dirname)) && (await canEnter(account, tmpdir()))

/** A temporary data folder for each test of a file, and the servers that the test starts in it. */
export class DataFolder {
  /** Above the data folder. */
  folder = ''
  dataDir = ''
  /** What `start` has logged. */
  messages: string[] = []
  #servers: Started[] = []

  constructor() {
    beforeEach(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'hedge bundled '))
      await chmod(this.folder, 0o755)
      this.dataDir = join(this.folder, '.hedge')
      this.#servers = []
      this.messages = []
    })
    afterEach(async () => {
      for (const { child } of this.#servers) await end(child, 'SIGKILL')
      await removeData(this.dataDir)
      await rm(this.folder, { recursive: true, force: true })
    })
  }

  /** Starts PostgreSQL from this process. */
  async start(settings?: Record<string, string>): Promise<BundledPostgres> {
    return await startBundledPostgres({
      dataDir: this.dataDir,
      log: (message) => this.messages.push(message),
      ...(settings ? { settings } : {}),
    })
  }

  /** Starts PostgreSQL from a process of its own, which a test can kill. */
  async serve(options: Partial<Parameters<typeof startServer>[0]> = {}): Promise<Started> {
    const server = await startServer({ dataDir: this.dataDir, ...options })
    this.#servers.push(server)
    return server
  }

  async pidOfPostgres(): Promise<number> {
    const pid = await postgresPid(this.dataDir)
    if (pid === undefined) throw new Error('There is no postmaster.pid.')
    return pid
  }
}

/** Writes a value to a database, which `recall` finds again in the same data. */
export async function remember(url: string): Promise<void> {
  await query(url, 'CREATE TABLE memory AS SELECT 42 AS answer')
}

export const recall = (url: string): Promise<unknown[]> => query(url, 'SELECT answer FROM memory')
