import { createMigratedDatabase, startServer } from './server.ts'

/** Addresses of the servers that all test files share, and of their database. */
export interface SharedServers {
  readonly urls: readonly string[]
  readonly databaseUrl: string
}

/**
 * Private networks are allowed, because a live key of one file would otherwise stop the webhooks of
 * all files to receivers on this machine.
 */
const env = {
  HEDGE_ENCRYPTION_KEY: 'a key of the test suite, 32 characters or more',
  HEDGE_WEBHOOK_PRIVATE_NETWORKS: 'allow',
  // Nothing answers there, so no test calls Stripe.
  HEDGE_STRIPE_API_BASE: 'http://127.0.0.1:1',
}

/** Two, because guarantees must hold across processes. */
const serverCount = 2

/** Starts the servers that test files share in a run. Test files use them through `withMerchant`. */
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
    /** @throws {Error} with the log of a server whose exit code is not 0. */
    async stop() {
      for (const server of servers) {
        const code = await server.stop()
        if (code !== 0) throw new Error(`a shared server ended with ${code}: ${server.log()}`)
      }
    },
  }
}
