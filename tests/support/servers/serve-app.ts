import type { FastifyInstance } from 'fastify'
import { connect, type Database } from '../../../packages/server/src/database/connect.ts'
import { feeScheduleDefault } from '../../../packages/server/src/domain/fees.ts'
import type { InstanceLimits } from '../../../packages/server/src/http/instance.ts'
import { bootstrap } from '../../../packages/server/src/merchants/bootstrap.ts'
import { createProcessors } from '../../../packages/server/src/processors/processors.ts'
import { createSealer } from '../../../packages/server/src/sealing/sealer.ts'
import { createApp } from '../../../packages/server/src/wiring/app.ts'
import { createLog } from '../../../packages/server/src/wiring/log.ts'

/** The API without workers, in this process. */
export interface ServedApp {
  readonly url: string
  readonly app: FastifyInstance
  readonly database: Database
  close(): Promise<void>
}

/** Serves the API on a migrated database, with options that only tests set. */
export async function serveApp(options: {
  databaseUrl: string
  keys: { publishableKey: string; secretKey: string }
  limits?: InstanceLimits
  leaseSeconds?: number
  trustedProxies?: readonly string[]
}): Promise<ServedApp> {
  const { databaseUrl, keys, ...given } = options
  const database = connect({ url: databaseUrl, onError: () => undefined })
  await bootstrap(database.db, keys)
  const processors = createProcessors({
    db: database.db,
    publicUrl: () => '',
    keyring: null,
    stripe: { secretKey: null, publishableKey: null, webhookSecret: null, apiBase: null },
  })
  const app = await createApp({
    database,
    processors,
    log: createLog('silent'),
    sealer: createSealer([]),
    fees: feeScheduleDefault,
    trustedProxies: [],
    keyring: null,
    publicUrl: () => '',
    onWork: () => undefined,
    ...given,
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url,
    app,
    database,
    async close() {
      app.server.closeAllConnections()
      await app.close()
      await database.close()
    },
  }
}
