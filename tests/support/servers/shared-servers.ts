import { createMigratedDatabase, startServer } from './server.ts'

/** Where the servers are that all test files share, and their database. */
export interface SharedServers {
  readonly urls: readonly string[]
  readonly databaseUrl: string
}

/** Two, because many guarantees must hold on several processes. */
const serverCount = 2

/** Starts the servers that test files share in a run: see `withMerchant`. */
export async function startSharedServers(options: {
  adminUrl: string
  program: string
}): Promise<SharedServers & { stop(): Promise<void> }> {
  const { url: databaseUrl } = await createMigratedDatabase(options.adminUrl)
  const start = () => startServer({ program: options.program, databaseUrl })
  const servers = await Promise.all(Array.from({ length: serverCount }, start))
  return {
    urls: servers.map(({ url }) => url),
    databaseUrl,
    /** @throws {Error} with the log of a server that did not end by itself. */
    async stop() {
      for (const server of servers) {
        const code = await server.stop()
        if (code !== 0) throw new Error(`a shared server ended with ${code}: ${server.log()}`)
      }
    },
  }
}
