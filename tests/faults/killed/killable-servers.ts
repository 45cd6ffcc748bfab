import { afterAll, beforeAll } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { openSql, type Sql } from '../../support/databases/sql.ts'
import { type Api, apiClient } from '../../support/http/api.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'

/** A server that a test may kill, with a client of it. */
export interface KillableServer {
  readonly api: Api
  kill(): Promise<void>
}

/** Servers on a database of their own, for tests that kill them. */
export interface KillableServers {
  readonly sql: Sql
  /** Returns a running server: the one of the last call, or a new one where that was killed. */
  doomed(): Promise<KillableServer>
  /** Starts a server that lives until the file's tests are over. */
  survivor(): Promise<Api>
}

/** Creates the database before a file's tests. Stops the servers and drops the database after them. */
export function withKillableServers(): KillableServers {
  let database: TestDatabase
  let sql: Sql
  let doomed: TestServer | null = null
  const survivors: TestServer[] = []
  const start = () => startServer({ databaseUrl: database.url })

  beforeAll(async () => {
    database = await createMigratedDatabase()
    sql = openSql(database.url)
  })

  afterAll(async () => {
    await Promise.all([doomed, ...survivors].map(async (server) => server?.stop()))
    await sql?.close()
    await database?.drop()
  })

  return {
    get sql() {
      return sql
    },
    async doomed() {
      doomed ??= await start()
      const server = doomed
      return {
        api: apiClient(server.url, server.secretKey),
        async kill() {
          if (doomed === server) doomed = null
          await server.kill()
        },
      }
    },
    async survivor() {
      const server = await start()
      survivors.push(server)
      return apiClient(server.url, server.secretKey)
    },
  }
}

/** Waits until a call to the processor is in progress. `kind`: of the call; default: any. */
export async function untilCalling(sql: Sql, kind?: string): Promise<void> {
  await until(`a call to ${kind ?? 'the processor'} runs`, async () => {
    const rows = await sql.query(
      'select from payment_attempts where kind = coalesce($1, kind) and outcome is null',
      [kind ?? null],
    )
    return rows.length > 0
  })
}
