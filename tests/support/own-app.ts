import type { FastifyInstance } from 'fastify'
import { createApp } from '../../packages/server/src/app.ts'
import { connect, type Database } from '../../packages/server/src/database/connect.ts'
import type { InstanceLimits } from '../../packages/server/src/http/instance.ts'
import { createLog } from '../../packages/server/src/log.ts'
import { bootstrap } from '../../packages/server/src/merchants/bootstrap.ts'
import { createProcessors } from '../../packages/server/src/processors/processors.ts'
import { createSealer } from '../../packages/server/src/sealer.ts'
import { type Api, apiClient } from './api.ts'
import { createMigratedDatabase, firstKeys } from './server.ts'
import { type Owner, openSql, type Sql } from './sql.ts'

/** The API in the test's own process, without workers: with limits that a test can reach. */
export interface OwnApp {
  readonly url: string
  readonly api: Api
  readonly app: FastifyInstance
  readonly sql: Sql
  readonly database: Database
  readonly databaseUrl: string
  readonly owner: Owner
  close(): Promise<void>
}

/** Starts the API on a database of its own. */
export async function startOwnApp(limits: InstanceLimits): Promise<OwnApp> {
  const created = await createMigratedDatabase()
  const database = connect({ url: created.url, onError: () => undefined })
  await bootstrap(database.db, firstKeys)
  const processors = createProcessors({
    db: database.db,
    publicUrl: () => '',
    keyring: null,
    stripe: { secretKey: null, webhookSecret: null, apiBase: null },
  })
  const app = await createApp({
    database,
    processors,
    log: createLog('silent'),
    sealer: createSealer([]),
    trustedProxies: [],
    keyring: null,
    publicUrl: () => '',
    onWork: () => undefined,
    limits,
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const sql = openSql(created.url)
  const [merchant] = await sql.query('select id from merchants')
  return {
    url,
    api: apiClient(url, firstKeys.secretKey),
    app,
    sql,
    database,
    databaseUrl: created.url,
    owner: { merchant_id: merchant.id, livemode: false },
    async close() {
      app.server.closeAllConnections()
      await app.close()
      await database.close()
      await sql.close()
      await created.drop()
    },
  }
}
