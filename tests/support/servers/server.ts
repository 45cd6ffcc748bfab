import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { inject } from 'vitest'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { migrate } from '../../../packages/server/src/database/migrate/migrate.ts'
import { clusterUrl, createDistributedDatabase } from '../databases/cluster.ts'
import { createDatabase, ensureTemplate, type TestDatabase } from '../databases/postgres.ts'
import { childEnvironment } from '../processes/environment.ts'

/** A server process, as users run it. */
export interface TestServer {
  readonly url: string
  /** The test secret key of the first merchant. */
  readonly secretKey: string
  readonly publishableKey: string
  readonly child: ChildProcess
  /** Its standard output so far. */
  output(): string
  /** Its log so far. */
  log(): string
  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** Sends SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>
}

const readyLine = /^Hedge Payments is ready at (\S+)$/m

/** Keys of the first merchant in every test. The values only need the right form. */
export const firstKeys = {
  publishableKey: 'pk_test_for_the_test_suite_only',
  secretKey: 'sk_test_OnlyForTheTestSuiteOfHedgePayments',
}

/**
 * Creates a migrated database for one test file, by default on the PostgreSQL of the run. With
 * HEDGE_TEST_CITUS_URL, it is always on that cluster, and distributed.
 */
export async function createMigratedDatabase(
  adminUrl = inject('postgresAdminUrl'),
): Promise<TestDatabase> {
  if (clusterUrl !== undefined) return await createDistributedDatabase(clusterUrl)
  await ensureTemplate(adminUrl, 'migrated', async (url) => {
    const database = connect({ url, onError: () => undefined })
    await migrate(database)
    await database.close()
  })
  return await createDatabase(adminUrl, { template: 'migrated' })
}

/** A database of the PostgreSQL, or of the coordinator, on which `createMigratedDatabase` creates databases. */
export function migratedAdminUrl(): string {
  return clusterUrl ?? inject('postgresAdminUrl')
}

/** Starts a server process on a free port and waits until it is ready. */
export async function startServer(options: {
  /** The bundled server. Default: the one of the run. */
  program?: string
  /** Another start file instead of the bundle. It can receive messages (`tell`). */
  entry?: string
  /** A module to load before the program. It can receive messages (`tell`). */
  preload?: string
  databaseUrl?: string
  /** Other variables. `undefined` unsets one. */
  env?: Record<string, string | undefined>
}): Promise<TestServer> {
  const { entry, preload } = options
  const file = entry ?? options.program ?? inject('programs').server
  const child = spawn(process.execPath, [...(preload ? ['--import', preload] : []), file], {
    env: {
      ...childEnvironment,
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
      HEDGE_API_KEY: firstKeys.publishableKey,
      HEDGE_API_SECRET: firstKeys.secretKey,
      ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe', ...(entry || preload ? (['ipc'] as const) : [])],
  })
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const exited = once(child, 'exit')
  const url = await readUrl(child, exited, () => log)
  return {
    url,
    ...firstKeys,
    child,
    output: () => output,
    log: () => log,
    async stop() {
      child.kill('SIGTERM')
      await exited
      return child.exitCode
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Sends a message to a server with an `entry` or a `preload`, and waits for its confirmation. */
export async function tell({ child }: TestServer, message: object): Promise<void> {
  const received = once(child, 'message')
  child.send(message)
  await received
}

async function readUrl(
  child: ChildProcess,
  exited: Promise<unknown>,
  log: () => string,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const url = readyLine.exec(output)?.[1]
      if (url) resolve(url)
    })
    void exited.then(() => reject(new Error(`the server did not start: ${output}\n${log()}`)))
  })
}
