/**
 * The API without workers, in a process of its own that its starter can stop at any statement, and
 * whose clock, leases and deadlines the starter sets.
 */
import './shifted-date.ts'
import './ended-timeouts.ts'
import './paused-statements.ts'
import { serveApp } from '../servers/serve-app.ts'

// The process that started this one is gone, so nobody else would end it.
process.on('disconnect', () => process.exit(1))

const { DATABASE_URL: databaseUrl = '', HEDGE_API_KEY, HEDGE_API_SECRET } = process.env
const { url } = await serveApp({
  databaseUrl,
  keys: { publishableKey: HEDGE_API_KEY ?? '', secretKey: HEDGE_API_SECRET ?? '' },
  leaseSeconds: Number(process.env.TEST_LEASE_SECONDS),
})
process.stdout.write(`Hedge Payments is ready at ${url}\n`)
