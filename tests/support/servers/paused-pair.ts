import { afterAll, beforeAll, inject } from 'vitest'
import type { TestDatabase } from '../databases/postgres.ts'
import { openSql } from '../databases/sql.ts'
import { apiClient } from '../http/api.ts'
import type { PausedPair } from '../http/paused-requests.ts'
import { createPaid } from '../payments/paid.ts'
import { createMigratedDatabase, startServer, type TestServer } from './server.ts'

/** Two servers, of which the first can be paused, and a payment that can be refunded. */
export type StartedPair = PausedPair & {
  readonly database: TestDatabase
  readonly otherServer: TestServer
  /** Returns the id of a payment that has succeeded. */
  paid(): Promise<string>
}

/** Starts a pair before the file's tests. `leaseSeconds` is the lease of requests on keys and payments. */
export function withPausedPair(leaseSeconds: number): StartedPair {
  const started = {} as { -readonly [Field in keyof StartedPair]: StartedPair[Field] }
  beforeAll(async () => {
    const database = await createMigratedDatabase()
    started.database = database
    started.sql = openSql(database.url)
    let paidId: Promise<string> | undefined
    started.paid = () => {
      paidId ??= createPaidBy(database).catch((error: unknown) => {
        // The next test tries again.
        paidId = undefined
        throw error
      })
      return paidId
    }
    const env = { TEST_LEASE_SECONDS: String(leaseSeconds) }
    const entry = inject('programs').pausedApp
    const start = async () => await startServer({ entry, databaseUrl: database.url, env })
    started.pausedServer = await start()
    started.otherServer = await start()
    started.paused = apiClient(started.pausedServer.url, started.pausedServer.secretKey)
    started.other = apiClient(started.otherServer.url, started.otherServer.secretKey)
  })

  afterAll(async () => {
    await started.pausedServer?.kill()
    await started.otherServer?.kill()
    await started.sql?.close()
    await started.database?.drop()
  })
  return started
}

/** Creates a captured payment with a server that has workers. The pair has none: they would disturb it. */
async function createPaidBy({ url }: TestDatabase): Promise<string> {
  const working = await startServer({ databaseUrl: url })
  try {
    const { id } = await createPaid(apiClient(working.url, working.secretKey))
    return id
  } catch (cause) {
    throw new Error(`no payment was captured. The server's log: ${working.log()}`, { cause })
  } finally {
    await working.stop()
  }
}
