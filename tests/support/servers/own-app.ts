import type { FastifyInstance } from 'fastify'
import type { Database } from '../../../packages/server/src/database/connect.ts'
import type { InstanceLimits } from '../../../packages/server/src/http/instance.ts'
import { type Owner, openSql, type Sql } from '../databases/sql.ts'
import { type Api, apiClient } from '../http/api.ts'
import { serveApp } from './serve-app.ts'
import { createMigratedDatabase, firstKeys } from './server.ts'

/** The API without workers in the test's process, with the given limits. */
export interface OwnApp {
  readonly url: string
  readonly databaseUrl: string
  readonly api: Api
  readonly app: FastifyInstance
  readonly sql: Sql
  readonly database: Database
  readonly owner: Owner
  close(): Promise<void>
}

const neverReached = { burstMax: 10_000, limitMin: 10_000 }

/** Limits that no test reaches, so that a busy machine admits all requests. */
export const limitsNeverReached: InstanceLimits = {
  admission: { cancellations: neverReached, others: neverReached },
}

/** Starts the API on a new database. `isChecked`: as for `apiClient`. */
export async function startOwnApp(
  limits: InstanceLimits,
  { isChecked, ...more }: { trustedProxies?: readonly string[]; isChecked?: boolean } = {},
): Promise<OwnApp> {
  const created = await createMigratedDatabase()
  const served = await serveApp({ databaseUrl: created.url, keys: firstKeys, limits, ...more })
  const sql = openSql(created.url)
  const [merchant] = await sql.query('select id from merchants')
  return {
    url: served.url,
    api: apiClient(served.url, firstKeys.secretKey, isChecked === undefined ? {} : { isChecked }),
    app: served.app,
    sql,
    database: served.database,
    databaseUrl: created.url,
    owner: { merchant_id: merchant.id, livemode: false },
    async close() {
      await served.close()
      await sql.close()
      await created.drop()
    },
  }
}
