import { afterAll, beforeAll } from 'vitest'
import type { TestDatabase } from '../databases/postgres.ts'
import { type Owner, openSql, type Sql } from '../databases/sql.ts'
import { type Api, apiClient, untilAdmitted } from '../http/api.ts'
import { makeLiveKey } from './live-key.ts'
import { createMigratedDatabase, startServer, type TestServer } from './server.ts'

/** A test file's own servers on one database. */
export interface Servers {
  readonly database: TestDatabase
  readonly servers: TestServer[]
  /** A client of each server, with the key of the first merchant. */
  readonly apis: Api[]
  /** The client of the first server. */
  readonly api: Api
  readonly sql: Sql
  /** The first merchant in test mode. */
  readonly owner: Owner
}

/**
 * Starts `count` server processes on a new database before the file's tests, and stops them afterwards.
 * The returned object is filled in when the tests start.
 */
export function withServers(count: number, env: Record<string, string> = {}): Servers {
  const started = {} as { -readonly [Field in keyof Servers]: Servers[Field] }

  beforeAll(async () => {
    const database = await createMigratedDatabase()
    started.database = database
    started.sql = openSql(database.url)
    started.servers = await Promise.all(
      Array.from({ length: count }, () => startServer({ databaseUrl: database.url, env })),
    )
    started.apis = started.servers.map((server) => apiClient(server.url, server.secretKey))
    started.api = started.apis[0] as Api
    const [merchant] = await started.sql.query('select id from merchants')
    started.owner = { merchant_id: merchant.id, livemode: false }
  })

  afterAll(async () => {
    await Promise.all((started.servers ?? []).map((server) => server.stop()))
    await started.sql?.close()
    await started.database?.drop()
  })

  return started
}

/** A server and the first merchant there. */
interface Origin {
  readonly servers: readonly { readonly url: string }[]
  readonly api: Api
}

/** Creates another merchant with a test key pair. */
export async function createMerchant(
  { servers, api }: Origin,
  name = 'Another merchant',
): Promise<{ id: string; test: Api; testKey: string }> {
  const { body } = await untilAdmitted(() => api('POST', '/v1/merchants', { body: { name } }))
  const [{ secret_key: testKey }] = body.api_keys
  return { id: body.id, test: apiClient(servers[0]?.url ?? '', testKey), testKey }
}

/** Creates another merchant with a test key pair and a live key. */
export async function createLiveMerchant(
  fixture: Origin & { readonly database: { readonly url: string } },
  name?: string,
): Promise<{ id: string; test: Api; live: Api; liveKey: string; testKey: string }> {
  const merchant = await createMerchant(fixture, name)
  const liveKey = await makeLiveKey(fixture.database.url, merchant.id)
  return { ...merchant, live: apiClient(fixture.servers[0]?.url ?? '', liveKey), liveKey }
}
