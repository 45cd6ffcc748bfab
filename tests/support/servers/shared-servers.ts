import { createMigratedDatabase, startServer } from './server.ts'

/** Where the servers are that all test files share, and their database. */
export interface SharedServers {
  readonly urls: readonly string[]
  readonly databaseUrl: string
}

/** Live keys of one file must not keep the webhooks of another from receivers on this machine. */
const env = {
  HEDGE_ENCRYPTION_KEY: 'a key of the test suite, 32 characters or more',
  HEDGE_WEBHOOK_PRIVATE_NETWORKS: 'allow',
}

/** Two, because many guarantees must hold on several processes. */
const serverCount = 2

/** Starts the servers that test files share in a run: see `withMerchant`. */
export async function startSharedServers(options: {
  adminUrl: string
  program: string
}): Promise<SharedServers & { stop(): Promise<void> }> {
  const { url: databaseUrl } = await createMigratedDatabase(options.adminUrl)
  const start = () => startServer({ program: options.program, databaseUrl, env })
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
