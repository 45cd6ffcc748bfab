import { createMigratedDatabase, firstKeys, startServer } from '../../support/servers/server.ts'

/** A server process on a database of its own, and its first key pair. */
export interface RealServer {
  readonly url: string
  readonly apiKey: string
  readonly apiSecret: string
  /** Stops the server and drops its database. */
  stop(): Promise<void>
}

/** Starts a server on a free port and waits until it is ready. */
export async function startRealServer(): Promise<RealServer> {
  const database = await createMigratedDatabase()
  const server = await startServer({ databaseUrl: database.url }).catch(async (cause) => {
    await database.drop()
    throw cause
  })
  return {
    url: server.url,
    apiKey: firstKeys.publishableKey,
    apiSecret: firstKeys.secretKey,
    stop: async () => {
      await server.stop()
      await database.drop()
    },
  }
}
